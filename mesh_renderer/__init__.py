"""A differentiable mesh renderer for TensorFlow, a drop-in for google/tf_mesh_renderer."""
