"""HDF5 datasets: what is declared is compared with what is stored before anything is allocated."""

import resource

import h5py
import numpy as np
import pytest

from storage.hdf5_file import read_dataset


def read(path, name="x", columns=None):
    with h5py.File(path, "r") as file:
        return read_dataset(path, file[name], columns)


@pytest.mark.parametrize(
    "options", [{}, {"compression": "gzip", "shuffle": True}, {"chunks": True}]
)
def test_arrays_are_read(tmp_path, options):
    values = np.random.default_rng(0).normal(size=(300, 7)).astype(np.float32)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=values, **options)
    np.testing.assert_array_equal(read(tmp_path / "a.h5"), values)
    np.testing.assert_array_equal(read(tmp_path / "a.h5", columns=2), values[:, :2])


def test_zeros_need_not_be_stored(tmp_path):
    """h5py allocates nothing for a dataset that is created and never written."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (160_000,), np.float32)
        file.create_dataset("sparse", data=np.zeros(10_000_000), compression="gzip")
    assert not read(tmp_path / "a.h5").any()
    with pytest.raises(ValueError, match="declares 80.0 MB"):
        read(tmp_path / "a.h5", "sparse")


def test_masks_and_sparse_bases_may_be_compressed_well(tmp_path):
    basis = np.zeros((50_000, 40), np.float32)
    basis[::50] = np.random.default_rng(0).normal(size=(1000, 40))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=basis, compression="gzip", shuffle=True)
    np.testing.assert_array_equal(read(tmp_path / "a.h5"), basis)


@pytest.mark.parametrize("options", [{}, {"chunks": (1000, 199)}, {"compression": "gzip"}])
def test_declared_gigabytes_are_not_allocated(tmp_path, options):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (8_800_000, 199), np.float32, **options)
    assert (tmp_path / "a.h5").stat().st_size < 100_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match=r"a.h5: '/x' declares 7,004.8 MB of float32.* holds 0 by"):
        read(tmp_path / "a.h5")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_other_files_are_not_opened(tmp_path):
    (tmp_path / "raw").write_bytes(bytes(400))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["y"] = np.zeros(100)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("external", (100,), np.float32, external=[(tmp_path / "raw", 0, 400)])
        file["link"] = h5py.ExternalLink("other.h5", "y")
        layout = h5py.VirtualLayout((100,), np.float64)
        layout[:] = h5py.VirtualSource("other.h5", "y", (100,))
        file.create_virtual_dataset("virtual", layout)
    for name in ("external", "link", "virtual"):
        with pytest.raises(ValueError, match="lies in another file"):
            read(tmp_path / "a.h5", name)
