"""The trained regressor for programs without this project: SavedModel, TFLite and ONNX."""
