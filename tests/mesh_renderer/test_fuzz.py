"""Short runs of the fuzzers; `make fuzz` makes the long ones."""

import os
import sys

import pytest

from mesh_renderer import build_kernels
from tests.mesh_renderer import fuzz, fuzz_ops, random_calls


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    try:
        return fuzz.build(tmp_path_factory.mktemp("fuzz"))
    except build_kernels.KernelBuildError as error:
        if "asan" not in str(error) and "ubsan" not in str(error):
            raise
        pytest.skip("needs the compiler's sanitizers (libasan, libubsan)")


@pytest.mark.parametrize("instruction_set", fuzz.INSTRUCTION_SETS)
def test_random_calls_of_the_core_have_no_finding(program, instruction_set):
    assert "1000 calls" in fuzz.run(program, instruction_set, 1000, 0)


def test_random_calls_of_the_ops_have_no_finding():
    lines = fuzz_ops.run(random_calls.OPS, 300).splitlines()
    assert lines == [f"300 calls of {op}: no finding" for op in random_calls.OPS]


@pytest.mark.parametrize(
    "end, cause",
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("signal.alarm(1); signal.pause()", "SIGALRM"),
        ("assert False, 'refused'", "exit status 1(.|\n)*refused"),
    ],
)
def test_the_end_of_a_child_is_reported_with_the_call(end, cause):
    child = f"import os, signal; open(os.environ['CURRENT_CALL'], 'w').write('phong 17 '); {end}"
    with pytest.raises(fuzz_ops.FuzzFinding, match=f"phong, seed 17: .*{cause}") as raised:
        fuzz_ops.watch([sys.executable, "-c", child], dict(os.environ))
    assert str(raised.value).endswith("fuzz_ops 1 phong --seed=17")


def test_half_of_the_calls_are_as_documented():
    parameters = ["vertices", "triangles"]
    calls = [random_calls.draw("vertex_normals", parameters, seed) for seed in range(200)]
    assert 70 < sum(call.output_shapes is not None for call in calls) < 130
