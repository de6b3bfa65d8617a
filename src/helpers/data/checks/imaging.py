"""Rules about images: which vertebrae, which readers, the sign of the kyphotic angle, heights exchanged."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from helpers.codebook import Codebook
from helpers.data.checks import (
    Finding,
    Tables,
    counted,
    in_rows,
    mostly,
    once,
    rule,
    site_of,
    tally,
)
from helpers.data.checks.plausible import within_range
from helpers.data.shown import shown

_IMAGE = ["subject_id", "level", "visit"]
_IMAGES = [f"imaging.{column}" for column in _IMAGE]
_TREATED = ["procedures.subject_id", "procedures.level"]
#: Degrees beyond which an angle has a sign: two readings of one image differ by less.
_SIGNED = 5
#: The same for two visits, between which an angle may really change.
_SIGNED_VISIT = 10
#: Values from which on a reader, a visit, a site or the export is judged as a whole, and vertebrae for a patient.
_ENOUGH, _ENOUGH_LEVELS = 20, 3
_SIGN_REMEDY = "Kyphosis is positive: turn the sign of these values where the export is made, or correct the value."


def _treated(tables: Tables) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(tables["procedures"][["subject_id", "level"]].dropna().drop_duplicates())


@rule("imaging-level", *_IMAGES, *_TREATED)
def vertebrae_imaged_were_treated(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """A warning, once a vertebra of a treated patient: a vertebra that was planned and left out may have images."""
    images = tables["imaging"][_IMAGE].dropna()
    images = images[images["subject_id"].isin(tables["procedures"]["subject_id"])]
    stray = images[~pd.MultiIndex.from_frame(images[["subject_id", "level"]]).isin(_treated(tables))]
    for row, subject, level, _, times in once(stray, ["subject_id", "level"]).itertuples(name=None):
        message = f"images of {level} of patient {shown(subject)}, a vertebra without a procedure{in_rows(times)}."
        remedy = "Correct the level, or deliver the procedure; if the vertebra was planned and not treated, keep them."
        yield Finding("imaging", row, "level", message, remedy, severity="warning")


@rule("missing-level", *_IMAGES, *_TREATED)
def a_visit_shows_every_treated_vertebra(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """A warning, reported at the first image of the visit."""
    images = tables["imaging"][_IMAGE].dropna().drop_duplicates()
    visits = images.assign(row=images.index).drop_duplicates(["subject_id", "visit"])[["subject_id", "visit", "row"]]
    treated = tables["procedures"][["subject_id", "level"]].dropna().drop_duplicates()
    wanted = visits.merge(treated, on="subject_id")
    absent = wanted[~pd.MultiIndex.from_frame(wanted[_IMAGE]).isin(pd.MultiIndex.from_frame(images))]
    for (row, subject, visit), levels in absent.groupby(["row", "subject_id", "visit"], sort=False)["level"]:
        message = f"the images of patient {shown(subject)} at {visit} lack {', '.join(levels)}."
        remedy = "Deliver the readings of the vertebra; if it was not imaged, keep them."
        yield Finding("imaging", row, "level", message, remedy, severity="warning")


def _readers(codebook: Codebook) -> range:
    declared = codebook.tables["imaging"].columns["reader"]
    return range(int(declared.min), int(declared.max) + 1)


def _readings(tables: Tables, codebook: Codebook) -> pd.DataFrame:
    rows = tables["imaging"][[*_IMAGE, "reader"]].dropna()
    return rows[rows["reader"].isin(_readers(codebook))].drop_duplicates()


def _read_alone(tables: Tables, codebook: Codebook) -> pd.DataFrame:
    return tally(_readings(tables, codebook).groupby(_IMAGE, sort=False).size() < len(_readers(codebook)))


@rule("single-reader", *_IMAGES, "imaging.reader", across=_read_alone)
def every_image_was_read_by_all_readers(tables: Tables, codebook: Codebook, seen: pd.DataFrame) -> Iterator[Finding]:
    """A warning: the value is then that of the readers there are."""
    readers = _readers(codebook)
    remedy = "Deliver the other reading, if there is one."
    if most := mostly(seen, _ENOUGH):
        message = f"{most} images have fewer than {len(readers)} readings."
        yield Finding("imaging", None, "reader", message, remedy, severity="warning")
        return
    rows = _readings(tables, codebook)
    few = rows[rows.groupby(_IMAGE)["reader"].transform("size") < len(readers)]
    for row, subject, level, visit, reader, _ in once(few, _IMAGE).itertuples(name=None):
        message = f"{level} of patient {shown(subject)} at {visit} was read by reader {reader} and not by every reader."
        yield Finding("imaging", row, "reader", message, remedy, severity="warning")


def _higher_in_front(tables: Tables, codebook: Codebook) -> pd.DataFrame:
    front, back = (within_range(tables, f"imaging.{column}", codebook) for column in ("anterior_mm", "posterior_mm"))
    return tally((front - back).dropna() > 0)


@rule("heights", "imaging.anterior_mm", "imaging.posterior_mm", across=_higher_in_front)
def anterior_and_posterior_are_not_exchanged(
    tables: Tables, codebook: Codebook, seen: pd.DataFrame
) -> Iterator[Finding]:
    """A warning of the whole column: a vertebra that collapsed is lower in front."""
    if most := mostly(seen, _ENOUGH):
        message = f"the anterior height is above the posterior one in {most} readings."
        remedy = "If the two columns are exchanged, correct the export; if they are not, keep them."
        yield Finding("imaging", None, "anterior_mm", message, remedy, severity="warning")


def _angles(tables: Tables, codebook: Codebook) -> pd.DataFrame:
    """The angles with all that names them, and the patient's site, missing where it is not known."""
    angles = tables["imaging"][[*_IMAGE, "reader"]]
    angles = angles.assign(angle=within_range(tables, "imaging.kyphosis_deg", codebook)).dropna()
    return angles.assign(site=site_of(tables, angles["subject_id"]))


def _angle_counts(tables: Tables, codebook: Codebook) -> pd.DataFrame:
    """How often each angle was read, by reader, visit and site."""
    return counted(_angles(tables, codebook), ["reader", "visit", "site", "angle"])


@rule("angle-sign", *_IMAGES, "imaging.reader", "imaging.kyphosis_deg", across=_angle_counts)
def kyphosis_is_positive(tables: Tables, codebook: Codebook, counts: pd.DataFrame) -> Iterator[Finding]:
    """Of the widest group with the opposite sign: the export, a reader, a visit or a site, a patient, an image."""
    signed, negative = _beyond(counts)
    if signed >= _ENOUGH and negative > 0.6 * signed:
        message = f"{negative:,} of {signed:,} angles beyond {_SIGNED} degrees are negative."
        severity = "error" if negative >= 0.9 * signed else "warning"
        yield Finding("imaging", None, "kyphosis_deg", message, _SIGN_REMEDY, severity)
        return
    angles = _angles(tables, codebook)
    flipped = pd.Series(False, index=angles.index)
    for kind, label, finding in _flipped_groups(counts):
        yield finding
        flipped |= (angles[kind] == label).fillna(False).astype(bool)
    yield from _flipped_single(angles[~flipped].drop(columns="site"))


def _beyond(counts: pd.DataFrame) -> tuple[int, int]:
    """Angles beyond `_SIGNED` degrees, and those of them that are negative."""
    signed = counts[counts["angle"].abs() >= _SIGNED]
    return int(signed["times"].sum()), int(signed.loc[signed["angle"] < 0, "times"].sum())


def _flipped_groups(counts: pd.DataFrame) -> Iterator[tuple[str, object, Finding]]:
    """Readers, visits and sites whose angles are negative where those of the others are positive."""
    for kind in ("reader", "visit", "site"):
        for label in counts[kind].dropna().unique():
            inside = (counts[kind] == label).fillna(False).astype(bool)
            (signed, negative), others = _beyond(counts[inside]), counts[~inside]
            if signed < _ENOUGH or others.empty or _median(others) <= 0 or negative / signed <= 0.6:
                continue
            message = f"{negative:,} of {signed:,} angles of {kind} {label} are negative, those of the others positive."
            yield kind, label, Finding("imaging", None, "kyphosis_deg", message, _SIGN_REMEDY)


def _median(counts: pd.DataFrame) -> float:
    angles = counts.sort_values("angle")
    last = angles["times"].cumsum().to_numpy()
    middle = np.searchsorted(last, [(last[-1] + 1) // 2, last[-1] // 2 + 1])
    return angles["angle"].to_numpy()[middle].mean()


def _flipped_single(angles: pd.DataFrame) -> Iterator[Finding]:
    """Patients all of whose vertebrae are negative, images whose readers, and vertebrae whose visits differ in sign."""
    level = angles.groupby(["subject_id", "level"])["angle"].mean()
    by_patient = level.groupby(level="subject_id").agg(["max", "size"])
    turned = by_patient.index[(by_patient["max"] <= -_SIGNED) & (by_patient["size"] >= _ENOUGH_LEVELS)]
    whole = angles["subject_id"].isin(turned)
    for row, subject, *_, times in once(angles[whole], ["subject_id"]).itertuples(name=None):
        message = f"every vertebra of patient {shown(subject)} has a negative angle{in_rows(times)}."
        yield Finding("imaging", row, "kyphosis_deg", message, _SIGN_REMEDY, "warning")
    angles = angles[~whole]

    image = angles.groupby(_IMAGE)["angle"]
    least, most = image.transform("min"), image.transform("max")
    apart = (least <= -_SIGNED) & (most >= _SIGNED)
    odd = angles.assign(most=most)[apart & (angles["angle"] < 0)]
    for row, subject, level_name, visit, reader, angle, other in odd.itertuples(name=None):
        where = f"{level_name} of patient {shown(subject)} at {visit}"
        message = f"reader {reader} says {angle:g} for {where}, another says {other:g}."
        yield Finding("imaging", row, "kyphosis_deg", message, _SIGN_REMEDY, "warning")
    angles = angles[~apart]

    means = angles.groupby(_IMAGE)["angle"].mean().rename("angle").reset_index()
    unit = means.groupby(["subject_id", "level"])["angle"]
    turned = (means["angle"] <= -_SIGNED_VISIT) & (unit.transform("max") >= _SIGNED_VISIT)
    rows = once(angles, _IMAGE).assign(row=lambda t: t.index)[[*_IMAGE, "row"]]
    odd = means.assign(other=unit.transform("max"))[turned].merge(rows, on=_IMAGE)
    for subject, level_name, visit, angle, other, row in odd.itertuples(index=False, name=None):
        message = (
            f"the angle of {level_name} of patient {shown(subject)} is {np.round(angle, 1):g} at {visit}, "
            f"{np.round(other, 1):g} at another visit."
        )
        yield Finding("imaging", row, "kyphosis_deg", message, _SIGN_REMEDY, "warning")
