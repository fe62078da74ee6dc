"""Memory of a training that reads photographs from disk, and of preparing them, by their number.

    python -m benchmarks.data_memory

Made-up sets are written to a temporary folder: rows of features as the embedded encoder makes them
(512 and 256 numbers, two variants), and small images. A process for each set reads batches as
training does, until it has read as many photographs as the largest set has. Another kind of process
prepares folders of small images, all of them. A Markdown table gives the largest resident size of
the process before the first batch, or before the folder is listed, and at the end.
"""

import argparse
import multiprocessing
import pathlib
import resource
import tempfile

import numpy as np

_SHARD = 1024
_FEATURES, _EMBEDDING, _VARIANTS, _IMAGE = 512, 256, 2, 64
_ROWS = (10_000, 50_000, 200_000)
_IMAGES = (2_000, 20_000)
_PREPARED = (1_000, 5_000)


def _counts(total: int) -> list[int]:
    return [min(_SHARD, total - start) for start in range(0, total, _SHARD)]


def write_features(folder: pathlib.Path, total: int) -> None:
    """Writes random rows of features and embeddings in two variants."""
    from data_pipeline.row_shards import write_rows

    generator = np.random.default_rng(0)
    for name, width in (("features", _FEATURES), ("embedding", _EMBEDDING)):
        for variant in range(_VARIANTS):
            for index, count in enumerate(_counts(total)):
                rows = generator.standard_normal((count, width), np.float32)
                write_rows(folder / name / str(variant) / f"{index:06d}.npy", rows)


def write_images(folder: pathlib.Path, total: int) -> None:
    """Writes small random images."""
    from data_pipeline.crop_shards import write_crops

    generator = np.random.default_rng(0)
    for index, count in enumerate(_counts(total)):
        images = generator.integers(0, 256, (count, _IMAGE, _IMAGE, 3)).astype(np.uint8)
        write_crops(folder / f"{index:06d}.array_record", images)


def read_features(folder: pathlib.Path, total: int, steps: int, memory) -> None:
    """Reads batches of features, and moments with them; puts the sizes in MB into `memory`."""
    from data_pipeline.photo_batches import PhotoFeatures, photo_samples
    from data_pipeline.variant_rows import VariantRows

    arrays = {
        name: VariantRows([folder / name / str(k) for k in range(_VARIANTS)], _counts(total))
        for name in ("features", "embedding")
    }
    photos = PhotoFeatures(**arrays)
    _run(photo_samples(photos, 8, views=3, moment_batch=512), steps, memory)


def read_images(folder: pathlib.Path, total: int, steps: int, memory) -> None:
    """Reads batches of images; puts the sizes in MB into `memory`."""
    from data_pipeline.crop_shards import CropShards
    from data_pipeline.photo_batches import PhotoFeatures, photo_samples
    from data_pipeline.variant_rows import CropRows

    images = CropRows(CropShards(folder, _counts(total), _IMAGE), total, _IMAGE)
    _run(photo_samples(PhotoFeatures(images=images), 64, views=3), steps, memory)


def write_photographs(folder: pathlib.Path, total: int) -> None:
    """Writes small images of noise as files, a hundred in each folder."""
    from storage.atomic import write_bytes
    from storage.images import jpeg

    generator = np.random.default_rng(0)
    data = jpeg(generator.integers(0, 256, (_IMAGE, _IMAGE, 3)).astype(np.uint8))
    for index in range(total):
        write_bytes(folder / "photos" / f"{index // 100:06d}" / f"{index:08d}.jpg", data)


def prepare(folder: pathlib.Path, total: int, steps: int, memory) -> None:
    """Prepares the crops of a folder; puts the sizes in MB into `memory`."""
    from data_pipeline.detection import AlignedFaces
    from data_pipeline.identity_batches import CropsOnly
    from data_pipeline.photo_preparation import prepare_photographs
    from data_pipeline.photographs import list_photographs
    from model.identity.canonical_crops import FIVE_POINT_CROP

    del total, steps
    encoder = CropsOnly(FIVE_POINT_CROP.resized(_IMAGE))
    detector = AlignedFaces(encoder.crop)
    memory[0] = _resident()
    listing = list_photographs(folder / "photos")
    prepare_photographs(listing, encoder, detector, folder / "set", variants=())
    memory[1] = _resident()


def _resident() -> float:
    """The largest resident size of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _run(dataset, steps: int, memory) -> None:
    batches = iter(dataset)
    next(batches)
    memory[0] = _resident()
    for _ in range(steps):
        next(batches)
    memory[1] = _resident()


def measure(write, read, total: int, steps: int) -> tuple[float, float, float]:
    """Measures one set in a process of its own.

    Returns:
      The largest resident size in MB after the first batch and after the last, and the size of the
      set on disk in MB.
    """
    context = multiprocessing.get_context("spawn")
    memory = context.Array("d", 2)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write(folder, total)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
        process = context.Process(target=read, args=(folder, total, steps, memory))
        process.start()
        process.join()
    return memory[0], memory[1], size


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.data_memory")
    parser.add_argument("--rows", type=int, nargs="*", default=_ROWS, help="sizes of sets of rows")
    parser.add_argument("--images", type=int, nargs="*", default=_IMAGES, help="sizes of others")
    parser.add_argument(
        "--prepared", type=int, nargs="*", default=_PREPARED, help="sizes of folders to prepare"
    )
    options = parser.parse_args()
    print("| set | photographs | on disk, MB | resident at first, MB | resident at last, MB |")
    print("|---|---|---|---|---|")
    kinds = (
        ("features", write_features, read_features, options.rows, 512),
        ("images", write_images, read_images, options.images, 64),
        ("prepared", write_photographs, prepare, options.prepared, 64),
    )
    for name, write, read, sizes, batch in kinds:
        for total in sizes:
            first, last, size = measure(write, read, total, max(sizes) // batch)
            print(f"| {name} | {total:,} | {size:,.0f} | {first:,.0f} | {last:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
