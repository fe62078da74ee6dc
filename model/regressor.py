"""The computation graph of figure 2 as a Keras model with its own training step."""

from typing import NamedTuple

import tensorflow as tf
import tf_keras

import losses
from model.decoder import Coefficients, Decoder
from model.dropout import Dropout
from model.face_renderer import FaceRenderer
from model.gray_views import GrayViews
from model.identity.network import IdentityNetwork
from model.identity_views import IdentityViews
from model.loss_weights import REDUCTIONS, LossWeights
from model.scene_ranges import SceneRanges

TERMS = (
    *("parameter", "identity", "gray_identity", "batch_distribution", "loopback", "weight_decay"),
)


class _Term(NamedTuple):
    """One term of the loss.

    Attributes:
      share: this replica's share of the weighted term, a scalar.
      unweighted: what is logged of it: single losses, whose mean is taken, or a scalar.
    """

    share: tf.Tensor
    unweighted: tf.Tensor


class Regressor(tf_keras.Model):
    """Trains a decoder on batches of photographs and synthetic faces (figure 2).

    A batch is a dictionary of one or both of these, with tensors of float32:

      synthetic: {shape [Bs, Ks], texture [Bs, Kt]}, and {images [Bs, S, S, 3]} or {features};
      photos: {features [Bp, D], embedding [Bp, E]} or {images}, {scene_noise [Bp, V, NOISE_SIZE]},
        and optionally {moment_features [Bm, D]}, of photographs for the batch distribution loss
        alone.

    Stage 1 of section 3.3 trains on batches without photographs. Under a distribution strategy each
    replica sees its part of the batch, and the losses and their gradients are those of the whole
    batch. The encoder is frozen, and none of its weights is a weight of this model.
    """

    def __init__(
        self,
        decoder: Decoder,
        encoder: IdentityNetwork,
        renderer: FaceRenderer,
        loss_weights: LossWeights = LossWeights(),
        scene_ranges: SceneRanges = SceneRanges(),
        loss_reduction: str = "mean",
        gray_views: GrayViews = GrayViews(),
        dropout: Dropout = Dropout(),
    ):
        """Puts the parts together.

        Args:
          decoder: the network to train.
          encoder: the frozen recognition network.
          renderer: draws faces in the encoder's crop.
          loss_weights: the weights of the terms; a term of weight zero is not computed.
          scene_ranges: the ranges of the poses and lights of the identity loss.
          loss_reduction: "mean" takes means over batch and views; "paper_sum" takes the sums of
            equation 3.
          gray_views: which views of the identity loss show shape alone.
          dropout: of the features that the decoder reads, in all terms.

        Raises:
          ValueError: an unknown reduction.
        """
        super().__init__(name="regressor")
        if loss_reduction not in REDUCTIONS:
            raise ValueError(f"loss_reduction is {loss_reduction!r}; choose one of {REDUCTIONS}")
        self.decoder = decoder
        self._encoder = encoder
        self._loss_weights = loss_weights
        self._views = IdentityViews(renderer, scene_ranges, gray_views)
        self._gray_weight = loss_weights.gray_identity if gray_views.count else 0.0
        self._dropout = dropout
        self._sums = loss_reduction == "paper_sum"
        names = ("loss", *TERMS, *(f"weighted/{name}" for name in TERMS))
        self._logged = {name: tf_keras.metrics.Mean(name) for name in names}

    @property
    def trained(self) -> Decoder:
        """What checkpoints hold."""
        return self.decoder

    def call(self, features: tf.Tensor) -> Coefficients:
        """Decodes features of photographs, float32 [B, D]."""
        return self.decoder(features, domain="photo")

    @property
    def metrics(self) -> list[tf_keras.metrics.Metric]:
        return list(self._logged.values())

    # No control flow of the graph depends on values, and AutoGraph takes its time.
    @tf.autograph.experimental.do_not_convert
    def train_step(self, batch: dict) -> dict[str, tf.Tensor]:
        """Trains one step on one batch.

        Returns:
          Means since the last reset: of each unweighted term, of each as it is weighted, under
          "weighted/NAME", and of the sum of these, "loss".
        """
        variables = self.decoder.trainable_variables
        with tf.GradientTape() as tape:
            terms = self._terms(batch)
            total = tf.add_n([term.share for term in terms.values()])
        with tf.name_scope("backward"):
            # In stage 1 nothing pulls at what reads photographs alone.
            gradients = tape.gradient(total, variables, unconnected_gradients="zero")
        self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return self._results(terms, total)

    @tf.autograph.experimental.do_not_convert
    def test_step(self, batch: dict) -> dict[str, tf.Tensor]:
        """Computes what `train_step` returns, without training."""
        terms = self._terms(batch)
        return self._results(terms, tf.add_n([term.share for term in terms.values()]))

    def loss_terms(self, batch: dict) -> dict[str, tf.Tensor]:
        """Computes this replica's share of each weighted term of equation 2; scalars by name.

        The sums of the shares over all replicas are the terms of the whole batch, and the same
        holds for their gradients. Nothing is logged.
        """
        return {name: term.share for name, term in self._terms(batch).items()}

    def _terms(self, batch: dict) -> dict[str, _Term]:
        weights = self._loss_weights
        terms = {}
        weight = weights.parameter if "photos" in batch else 1.0
        if "synthetic" in batch and weight:
            loss = self._parameter_loss(batch["synthetic"])
            terms["parameter"] = self._reduce(loss, weight)
        if "photos" in batch:
            terms.update(self._photo_terms(batch["photos"]))
        if weights.weight_decay:
            terms["weight_decay"] = _share(self.decoder.weight_norm(), weights.weight_decay)
        return terms

    def _photo_terms(self, photos: dict) -> dict[str, _Term]:
        weights = self._loss_weights
        features, embedding = self._features_and_embedding(photos)
        prediction = self.decoder.hold_tone(self._decode(features, "photo"))
        terms = {}
        if weights.batch_distribution:
            loss = self._batch_distribution_loss(prediction, photos.get("moment_features"))
            terms["batch_distribution"] = _share(loss, weights.batch_distribution)
        if not (weights.identity or self._gray_weight or weights.loopback):
            return terms
        # The renders of the identity loss serve the loopback loss too: section 3.3.4 asks for
        # faces "rendered in random poses and illuminations", and these are.
        views = self._encode_views(prediction, photos["scene_noise"])
        terms |= self._identity_terms(losses.identity_loss(embedding, views.embedding))
        if weights.loopback:
            # The texture of a gray view cannot be read back.
            loss = self._loopback_loss(prediction, self._views.colored(views.features))
            terms["loopback"] = self._reduce(loss, weights.loopback)
        return terms

    def _identity_terms(self, loss: tf.Tensor) -> dict[str, _Term]:
        """Weights the losses [B, V]; in both terms they are reduced over the views of both."""
        weight, terms = self._loss_weights.identity, {}
        colored, gray = self._views.colored(loss), self._views.gray(loss)
        if weight and colored.shape[1]:
            terms["identity"] = self._reduce(colored, weight, among=loss)
        if self._gray_weight:
            terms["gray_identity"] = self._reduce(gray, self._gray_weight, among=loss)
        return terms

    def _decode(self, features: tf.Tensor, domain: str) -> Coefficients:
        """Decodes as training does, with some features left out."""
        factors = None
        if self._dropout.rate:
            step = self.optimizer.iterations
            factors = self._dropout.pattern(self.decoder.hidden_features, step)
        return self.decoder(features, domain, factors)

    def _features_and_embedding(self, faces: dict) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Takes cached features where the batch has them; else it encodes the images."""
        if "features" in faces:
            return faces["features"], faces.get("embedding")
        with tf.name_scope("encoder"):
            encoded = self._encoder(faces["images"])
        return tf.stop_gradient(encoded.features), tf.stop_gradient(encoded.embedding)

    def _encode_views(self, prediction: Coefficients, noise: tf.Tensor):
        """Renders predictions in random scenes and encodes them: fields [B, V, ...]."""
        # `model.training.step_profile` tells the parts of a step by these names.
        with tf.name_scope("renderer"):
            images = self._views(prediction, noise)
        with tf.name_scope("encoder"):
            encoded = self._encoder(tf.reshape(images, [-1, *images.shape[2:]]))
        views = noise.shape[1]
        return type(encoded)(*(tf.reshape(x, [-1, views, x.shape[-1]]) for x in encoded))

    def _parameter_loss(self, synthetic: dict) -> tf.Tensor:
        features, _ = self._features_and_embedding(synthetic)
        predicted = self._decode(features, "render")
        weights = self._loss_weights
        return losses.parameter_loss(
            *predicted, synthetic["shape"], synthetic["texture"], weights.shape, weights.texture
        )

    def _loopback_loss(self, prediction: Coefficients, view_features: tf.Tensor) -> tf.Tensor:
        views = view_features.shape[1]
        flat = self._decode(tf.reshape(view_features, [-1, view_features.shape[-1]]), "render")
        loop = (tf.reshape(x, [-1, views, x.shape[-1]]) for x in flat)
        weights = self._loss_weights
        return losses.loopback_loss(*prediction, *loop, weights.shape, weights.texture)

    def _batch_distribution_loss(
        self, prediction: Coefficients, moment_features: tf.Tensor | None
    ) -> tf.Tensor:
        if moment_features is not None:
            more = self._decode(moment_features, "photo")
            pairs = zip(prediction, more, strict=True)
            prediction = Coefficients(*(tf.concat(pair, axis=0) for pair in pairs))
        # The tones of the model's population are not those of the photographed people.
        _, prediction = self.decoder.split_tone(prediction)
        return losses.batch_distribution_loss(
            *(losses.batch_moments(x, _sum_over_replicas) for x in prediction),
            target_variance=self._loss_weights.batch_variance,
        )

    def _reduce(
        self, values: tf.Tensor, weight: float = 1.0, among: tf.Tensor | None = None
    ) -> _Term:
        """Reduces per-sample losses [B] or [B, V]; means are taken over the number of `among`."""
        local_sum = tf.reduce_sum(values)
        if self._sums:
            return _Term(weight * local_sum, values)
        counted = values if among is None else among
        count = _sum_over_replicas(tf.cast(tf.size(counted), values.dtype))
        return _Term(weight * local_sum / tf.maximum(count, 1.0), values)

    def _results(self, terms: dict[str, _Term], total: tf.Tensor) -> dict[str, tf.Tensor]:
        """Logs the terms of this batch, and reads the metrics of all of them."""
        # A mean over replicas of so many times their shares is the sum of the shares.
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        values = {"loss": total * replicas}
        for name, term in terms.items():
            values |= {name: term.unweighted, f"weighted/{name}": term.share * replicas}
        for name, value in values.items():
            self._logged[name].update_state(value)
        return {name: self._logged[name].result() for name in values}


def _share(value: tf.Tensor, weight: float) -> _Term:
    """One replica's share of a loss that all replicas have alike."""
    # The gradient of an all-reduce adds up over the replicas, and so do the replicas' losses.
    return _Term(weight * value / tf.distribute.get_strategy().num_replicas_in_sync, value)


def _sum_over_replicas(value: tf.Tensor) -> tf.Tensor:
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return value
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value)
