"""Install editable, into a virtual environment: pip install -e .

The C++ kernels are not built here: pip builds in an environment without TensorFlow. Run
`python -m mesh_renderer.build_kernels` afterwards, or let the first import do it.
"""

from setuptools import setup

setup(
    name="unsupervised-3dmm-regression",
    version="0.1.0",
    description="Unsupervised training for 3D morphable model regression, on TensorFlow",
    license="Apache-2.0",
    python_requires=">=3.10,<3.14",
    packages=[
        "data_pipeline",
        "data_pipeline.image_files",
        "data_pipeline.scans",
        "evaluation",
        "evaluation.geometry",
        "export",
        "losses",
        "mesh_renderer",
        "model",
        "model.face_models",
        "model.face_models.painting",
        "model.face_models.photographed",
        "model.fitting",
        "model.identity",
        "model.identity.frozen",
        "model.identity.networks",
        "model.identity.openvino",
        "model.training",
        "open_parts",
        "photo_to_face",
        "programs",
        "stand_ins",
        "storage",
        "web",
    ],
    py_modules=[
        "train",
        "train_recognizer",
        "eval",
        "reconstruct",
        "flag_groups",
        "flag_sets",
        "command_line",
        "judge_face_model",
    ],
    package_data={
        "mesh_renderer": ["kernels/*.h", "kernels/*.cc", "kernels/ops/*.h", "kernels/ops/*.cc"],
        "open_parts": ["*.md", "*.sha256", "*/*"],
        "photo_to_face": ["py.typed"],
        "web": ["static/*"],
        "evaluation": ["assets/*"],
        # A builder of TensorFlow Datasets is a folder, and loads files that lie beside it.
        "data_pipeline": ["vgg_face/*.*"],
    },
    install_requires=[
        # One minor version for both; TensorFlow 2.21 is the newest.
        "tensorflow~=2.21.0",
        "tf_keras~=2.21.0",
        "tensorflow-datasets>=4.9",
        # Its own builders import this package without requiring it.
        "importlib_resources>=5",
        "array_record>=0.5",
        "numpy>=1.26",
        "scipy>=1.11",
        "tensorboard>=2.19",
        "absl-py>=2.1",
        "h5py>=3.10",
        "matplotlib>=3.8",
        "mtcnn==1.0.0",
        "opencv-python-headless>=4.9",
        "pillow>=11.3",
        "pygltflib>=1.16",
        "tqdm>=4.66",
        "trimesh>=4.4",
    ],
    extras_require={
        # ONNX files are read by way of the converter of this package.
        "onnx": ["openvino>=2024.0"],
        # Photographs in HEIF, as telephones take them.
        "heif": ["pillow-heif>=0.16"],
        # The page (python -m web), and the regressor in other formats (python -m export).
        "web": ["starlette>=0.40", "uvicorn>=0.30"],
        # Charts as the layout of textures (reconstruct.py --texture_layout=charts).
        "textures": ["xatlas>=0.0.9"],
        "export": ["tf2onnx>=1.16", "onnxruntime>=1.19", "ai-edge-litert>=1.0"],
        "dev": [
            "pytest>=8",
            "pytest-timeout>=2.3",
            "pytest-xdist>=3.5",
            "ruff>=0.8",
            "clang-format>=18",
            "onnx>=1.16",
            # TensorFlow Datasets tests builders with it.
            "dill>=0.3.8",
            # The page is tested with a client of its server, and in a headless Chromium.
            "xatlas>=0.0.9",
            "httpx>=0.27",
            "selenium>=4.20",
            # The notebook is run.
            "nbclient>=0.10",
            "nbformat>=5.10",
            "ipykernel>=6.29",
        ],
    },
)
