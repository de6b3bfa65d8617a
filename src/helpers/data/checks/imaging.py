"""Rules about images: which vertebrae, which readers, the sign of the kyphotic angle, heights exchanged."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from helpers.codebook import Codebook
from helpers.data.checks import Finding, Tables, in_rows, look_up, of_patient, once, rule
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


@rule("single-reader", *_IMAGES, "imaging.reader")
def every_image_was_read_by_all_readers(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """A warning: the value is then that of the readers there are."""
    declared = codebook.tables["imaging"].columns["reader"]
    readers = set(range(int(declared.min), int(declared.max) + 1))
    rows = tables["imaging"][[*_IMAGE, "reader"]].dropna()
    rows = rows[rows["reader"].isin(readers)].drop_duplicates()
    there = rows.groupby(_IMAGE, sort=False)["reader"].agg(["size", "first"])
    alone = int((there["size"] < len(readers)).sum())
    remedy = "Deliver the other reading, if there is one."
    if len(there) >= _ENOUGH and alone > len(there) / 2:
        message = f"{alone:,} of {len(there):,} images have fewer than {len(readers)} readings."
        yield Finding("imaging", None, "reader", message, remedy, severity="warning")
        return
    few = rows[rows.groupby(_IMAGE)["reader"].transform("size") < len(readers)]
    for row, subject, level, visit, reader, _ in once(few, _IMAGE).itertuples(name=None):
        message = f"{level} of patient {shown(subject)} at {visit} was read by reader {reader} and not by every reader."
        yield Finding("imaging", row, "reader", message, remedy, severity="warning")


@rule("heights", "imaging.anterior_mm", "imaging.posterior_mm")
def anterior_and_posterior_are_not_exchanged(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """A warning of the whole column: a vertebra that collapsed is lower in front."""
    front, back = (within_range(tables, f"imaging.{column}", codebook) for column in ("anterior_mm", "posterior_mm"))
    both = (front - back).dropna()
    above = int((both > 0).sum())
    if len(both) >= _ENOUGH and above > len(both) / 2:
        message = f"the anterior height is above the posterior one in {above:,} of {len(both):,} readings."
        remedy = "If the two columns are exchanged, correct the export; if they are not, keep them."
        yield Finding("imaging", None, "anterior_mm", message, remedy, severity="warning")


@rule("angle-sign", *_IMAGES, "imaging.reader", "imaging.kyphosis_deg")
def kyphosis_is_positive(tables: Tables, codebook: Codebook) -> Iterator[Finding]:
    """Of the widest group with the opposite sign: the export, a reader, a visit or a site, a patient, an image."""
    angles = (
        tables["imaging"][[*_IMAGE, "reader"]]
        .assign(angle=within_range(tables, "imaging.kyphosis_deg", codebook))
        .dropna()
    )
    signed = angles[angles["angle"].abs() >= _SIGNED]
    negative = int((signed["angle"] < 0).sum())
    if len(signed) >= _ENOUGH and negative > 0.6 * len(signed):
        message = f"{negative:,} of {len(signed):,} angles beyond {_SIGNED} degrees are negative."
        severity = "error" if negative >= 0.9 * len(signed) else "warning"
        yield Finding("imaging", None, "kyphosis_deg", message, _SIGN_REMEDY, severity)
        return
    flipped = pd.Series(False, index=angles.index)
    for finding, members in _flipped_groups(tables, angles):
        yield finding
        flipped |= members
    yield from _flipped_single(angles[~flipped])


def _flipped_groups(tables: Tables, angles: pd.DataFrame) -> Iterator[tuple[Finding, pd.Series]]:
    """Readers, visits and sites whose angles are negative where those of the others are positive, and their rows."""
    groups = {"reader": angles["reader"], "visit": angles["visit"]}
    if {"subject_id", "site_id"} <= set(tables.get("patients", ())):
        groups["site"] = look_up(angles["subject_id"], of_patient(tables, "patients", "site_id"))
    for kind, labels in groups.items():
        for label in labels.dropna().unique():
            inside = (labels == label).fillna(False).astype(bool)
            values, others = angles.loc[inside, "angle"], angles.loc[~inside, "angle"]
            signed = values[values.abs() >= _SIGNED]
            if len(signed) < _ENOUGH or others.empty or others.median() <= 0 or (signed < 0).mean() <= 0.6:
                continue
            message = (
                f"{int((signed < 0).sum()):,} of {len(signed):,} angles of {kind} {label} are negative, "
                "those of the others positive."
            )
            yield Finding("imaging", None, "kyphosis_deg", message, _SIGN_REMEDY), inside


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
