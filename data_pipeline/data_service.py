"""Synthetic faces that other processes or machines render.

    python -m data_pipeline.data_service dispatcher --port=5050 --work_dir=DIR
    python -m data_pipeline.data_service worker --dispatcher=grpc://HOST:5050 --host=OWN_NAME
    python train.py --data_service=grpc://HOST:5050 --synthetic_pool=0 ...

The dispatcher hands out the numbers of batches; any number of workers on any machines render them,
and a trainer takes them as they come. Workers may come and go while a training runs. The dispatcher
keeps a journal in its folder, and one that is started again goes on. It is the tf.data service of
TensorFlow, with processes that know the renderer's ops. Give all of them the same checkout.

Each sample is a function of (seed, k) as everywhere, and none is seen twice. But batches come in
the order in which they are ready, and those that a worker was rendering when it was killed are not
rendered again.
"""

import argparse
import typing

import command_line

if typing.TYPE_CHECKING:
    import tensorflow as tf

_PREFIX = "grpc://"
# The dispatcher gives up a worker that was not heard of for so long.
_WORKER_TIMEOUT_MS = 30_000


def check_address(address: str) -> str:
    """Refuses what is no address of a dispatcher, and returns its host and port.

    Raises:
      ValueError: shows how an address looks.
    """
    host, _, port = address.removeprefix(_PREFIX).rpartition(":")
    if not address.startswith(_PREFIX) or not host or not port.isdigit():
        raise ValueError(f"{address!r} is no address of a data service, such as grpc://host:5050")
    return f"{host}:{port}"


def served(dataset: "tf.data.Dataset", address: str) -> "tf.data.Dataset":
    """Lets the workers of a data service make the batches of a dataset, each batch one of them.

    Args:
      dataset: made of `data_pipeline.sample_indices`, so that it can be split by batches.
      address: of the dispatcher, "grpc://host:port".

    Raises:
      ValueError: it is no such address.
    """
    import tensorflow as tf

    check_address(address)
    service = tf.data.experimental.service
    return dataset.apply(
        service.distribute(processing_mode=service.ShardingPolicy.DYNAMIC, service=address)
    )


def run_dispatcher(options: argparse.Namespace) -> None:
    """Runs a dispatcher until it is killed."""
    service = _service()
    config = service.DispatcherConfig(
        port=options.port,
        protocol="grpc",
        work_dir=options.work_dir,
        fault_tolerant_mode=True,
        worker_timeout_ms=_WORKER_TIMEOUT_MS,
    )
    server = service.DispatchServer(config)
    print(f"dispatcher at {server.target}", flush=True)
    server.join()


def run_worker(options: argparse.Namespace) -> None:
    """Runs a worker until it is killed."""
    dispatcher = check_address(options.dispatcher)
    service = _service()
    config = service.WorkerConfig(
        dispatcher_address=dispatcher,
        port=options.port,
        worker_address=f"{options.host}:%port%",
        protocol="grpc",
        heartbeat_interval_ms=1000,
    )
    server = service.WorkerServer(config)
    print(f"worker of {options.dispatcher}", flush=True)
    server.join()


def _service():
    """Returns TensorFlow's module, after the ops of the renderer are loaded."""
    command_line.import_tensorflow()
    import tensorflow as tf

    # Both kinds of processes read the graph of the dataset, which has these ops.
    from mesh_renderer import mesh_renderer

    del mesh_renderer
    return tf.data.experimental.service


def make_parser() -> command_line.ArgumentParser:
    """Makes the parser of both subcommands."""
    parser = command_line.ArgumentParser(
        prog="python -m data_pipeline.data_service",
        description="Renders synthetic faces for trainers on other machines.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("dispatcher", help="hand out the numbers of batches")
    command.add_argument(
        "--port", type=int, default=5050, help="port to listen on; 0 for a free one"
    )
    command.add_argument(
        "--work_dir",
        required=True,
        help="folder of the journal, with which it can be started again",
    )
    command.set_defaults(run=run_dispatcher)
    command = commands.add_parser("worker", help="render batches")
    command.add_argument(
        "--dispatcher", required=True, help="its address, such as grpc://host:5050"
    )
    command.add_argument(
        "--host", default="localhost", help="name or address by which trainers reach this machine"
    )
    command.add_argument("--port", type=int, default=0, help="port to listen on; 0 for a free one")
    command.set_defaults(run=run_worker)
    return parser


if __name__ == "__main__":
    command_line.run_subcommand("data_pipeline.data_service", make_parser())
