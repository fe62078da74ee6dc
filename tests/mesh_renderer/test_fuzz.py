"""A short run of the fuzzer; `make fuzz` is the long one."""

import pytest

from mesh_renderer import build_kernels
from tests.mesh_renderer import fuzz


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    try:
        return fuzz.build(tmp_path_factory.mktemp("fuzz"))
    except build_kernels.KernelBuildError as error:
        if "asan" not in str(error) and "ubsan" not in str(error):
            raise
        pytest.skip("needs the compiler's sanitizers (libasan, libubsan)")


@pytest.mark.parametrize("instruction_set", fuzz.INSTRUCTION_SETS)
def test_random_calls_have_no_finding(program, instruction_set):
    assert "1000 calls" in fuzz.run(program, instruction_set, 1000, 0)
