"""Recognition networks of any architecture, read from OpenVINO IR and ONNX files."""
