"""Makes the tables of a report from results."""

from evaluation.bootstrap import Gain
from evaluation.coefficients import CoefficientStatistics
from evaluation.likeness import JudgedPhotographs, Likeness
from evaluation.report import Table
from evaluation.tone import FAR, ToneScores

# Beyond these limits coefficients are not those of faces any more; metrics count only within them.
MAX_MEAN_RMS = 0.2
VARIANCE_RANGE = (0.75, 1.25)
MAX_COEFFICIENT = 5.0

# What a network says of each decoder, by the decoder's name.
Results = dict[str, Likeness]


def implausible(statistics: CoefficientStatistics) -> list[str]:
    """Lists the limits that the coefficients of many photographs break; faces break none."""
    low, high = VARIANCE_RANGE
    broken = {
        f"means {statistics.mean_rms:.2f} > {MAX_MEAN_RMS}": statistics.mean_rms > MAX_MEAN_RMS,
        f"variance {statistics.variance:.2f} outside {low}–{high}": not (
            low <= statistics.variance <= high
        ),
        f"a coefficient of {statistics.largest:.1f}": statistics.largest > MAX_COEFFICIENT,
    }
    return [text for text, is_broken in broken.items() if is_broken]


def cosine_table(by_network: dict[str, Results]) -> Table:
    """Shows cosines of photograph and render, a row for each network and decoder (section 4.3)."""
    rows = []
    for network, results in by_network.items():
        for decoder, likeness in results.items():
            frontal = likeness.summaries[0]
            turned = [s.mean for yaw, s in likeness.summaries.items() if yaw]
            spread = [frontal.deviation, frontal.low, frontal.high]
            emd = [likeness.to_same, likeness.to_different]
            rows.append([f"{network}: {decoder}", frontal.mean, *spread, *turned, *emd])
    turned_yaws = [yaw for yaw in likeness.summaries if yaw]
    return Table(
        title="Cosine of photograph and render",
        columns=[
            "network: decoder",
            "frontal",
            "deviation",
            "5 %",
            "95 %",
            *(f"at ±{yaw}°" for yaw in turned_yaws),
            "EMD same",
            "EMD different",
        ],
        rows=rows,
        note="EMD: earth mover's distance of the frontal cosines to those of pairs of photographs "
        "of the same person and of different people (table 2 of the paper).",
    )


def photograph_table(by_network: dict[str, JudgedPhotographs]) -> Table:
    """Shows what the networks say about pairs of photographs: the scale to read cosines on."""
    rows = []
    for network, photos in by_network.items():
        same, different = photos.same, photos.different
        mean_same = same.mean if same.total else None
        rows.append([network, same.total, mean_same, different.total, different.mean])
    return Table(
        title="Cosine of photograph and photograph, all pairs",
        columns=["network", "pairs same", "mean same", "pairs different", "mean different"],
        rows=rows,
    )


def recall_table(by_network: dict[str, Results]) -> Table:
    """Shows identity clustering recall, a row for each network and decoder (table 3)."""
    rows = []
    for network, results in by_network.items():
        for decoder, likeness in results.items():
            rows.append([f"{network}: {decoder}", *likeness.recall.top.values()])
        guessing = likeness.recall.random
        rows.append([f"{network}: guessing", *guessing.values()])
    recall = likeness.recall
    return Table(
        title="Identity recall of the frontal render",
        columns=["network: decoder", *(f"Top-{k}" for k in recall.top)],
        rows=rows,
        note=f"{recall.queries} renders searched among {recall.photographs} photographs of "
        f"{recall.identities} people, the source photograph included.",
    )


def gain_table(gains: dict[str, dict[str, Gain]], over: str = "") -> Table:
    """Shows paired gains in the frontal cosine, a row for each network and pair of decoders.

    `over` ends the title where the other decoders are not of this evaluation.
    """
    rows = [
        [f"{network}: {pair}", gain.mean, gain.low, gain.high]
        for network, pairs in gains.items()
        for pair, gain in pairs.items()
    ]
    return Table(
        title=f"Gain in the frontal cosine{over}, on the same photographs",
        columns=["network: decoders", "gain", "95 % from", "to"],
        rows=rows,
        note="Paired percentile bootstrap over people.",
    )


def tone_table(by_decoder: dict[str, ToneScores]) -> Table:
    """Shows how decoded skin tones compare with photographed cheeks, a row for each decoder."""
    rows = [
        [name, s.lightness, s.photographed_lightness, s.spread, s.far, s.rank_correlation]
        for name, s in by_decoder.items()
    ]
    return Table(
        title="Skin tone: decoded cheeks against photographed ones",
        columns=["decoder", "median L*", "photographs", "spread", "far", "rank correlation"],
        rows=rows,
        note="A photographed cheek is exposure and cast before it is skin: only level and spread "
        "over all photographs, and the order, say something. Spread: interquartile range of L* by "
        f"that of the photographs; far: part with an L* off by more than {FAR:g}; rank "
        "correlation: of the individual typology angles.",
    )


def coefficient_table(statistics: dict[str, dict[str, CoefficientStatistics]]) -> Table:
    """Says whether coefficients still are those of faces, a row for each decoder and part."""
    rows = []
    for decoder, parts in statistics.items():
        for part, values in parts.items():
            verdict = "; ".join(implausible(values)) or "within the limits"
            moments = [values.mean_rms, values.variance, values.within_half, values.largest]
            rows.append([f"{decoder}: {part}", *moments, verdict])
    low, high = VARIANCE_RANGE
    return Table(
        title="Coefficients over the photographs",
        columns=[
            "decoder: part",
            "RMS of means",
            "variance",
            "in 0.5–1.5",
            "largest",
            "verdict",
        ],
        rows=rows,
        note=f"Faces of the model have means of 0 and variances of 1. Limits: RMS of means at most "
        f"{MAX_MEAN_RMS}, variance {low}–{high}, no coefficient above {MAX_COEFFICIENT:g}.",
    )
