"""Trials gone wrong: every function takes the frames of a trial and changes them in place."""

import numpy as np
import pandas as pd

Frames = dict[str, pd.DataFrame]

SCORES = ("advs", "adqs", "adimg")


def _keep(frames: Frames, subjects) -> None:
    for name, frame in frames.items():
        frames[name] = frame[frame["USUBJID"].isin(set(subjects))].reset_index(drop=True)


def _of(frames: Frames, arm: str) -> list[str]:
    adsl = frames["adsl"]
    return list(adsl.loc[adsl["TRT01P"] == arm, "USUBJID"])


def _set(frames: Frames, dataset: str, **columns) -> None:
    frames[dataset] = frames[dataset].assign(**columns)


def _measured(frames: Frames, value) -> None:
    """Every value after the procedure by a rule of the rows."""
    for name in SCORES:
        frame = frames[name]
        frames[name] = frame.assign(AVAL=frame["AVAL"].where(frame["AVISIT"] == "D0", value(frame)))


# --- leaks and procedures


def no_leak(frames: Frames) -> None:
    _set(frames, "adproc", LEAKFL="N")
    frames["adleak"] = frames["adleak"].iloc[:0]


def everybody_leaked(frames: Frames) -> None:
    _set(frames, "adproc", LEAKFL="Y")
    leaks = frames["adproc"].drop(columns="LEAKFL").assign(LEAKTYPE="VASCULAR", LEAKSIZE="SIGNIFICANT", LEAKSYMP="Y")
    frames["adleak"] = leaks


def one_arm_leaked(frames: Frames) -> None:
    no_leak(frames)
    _set(frames, "adproc", LEAKFL=np.where(frames["adproc"]["TRT01P"] == "KP", "Y", "N"))


def no_image_after(frames: Frames) -> None:
    adcomp = frames["adcomp"]
    _set(frames, "adcomp", IMGFL=adcomp["IMGFL"].where(adcomp["AVISIT"] == "D0", "N"))


def nobody_treated(frames: Frames) -> None:
    for name in frames:
        _set(frames, name, TRT01A=None, MITTFL="N", SAFFL="N", PPROTFL="N")
    _set(frames, "adsl", NLEVELS=0, VOLTOT=np.nan, VOLMEAN=np.nan, TRTSDT=pd.NaT)
    frames["adsl"] = frames["adsl"].astype({"TRTSDT": "datetime64[ns]"})
    _set(frames, "adae", TRTEMFL="N")
    for name in ("adproc", "adleak"):
        frames[name] = frames[name].iloc[:0]


def kp_arm_untreated(frames: Frames) -> None:
    """The arm stays in the sets of the randomised, and leaves those of the treated."""
    whole = {name: frame.copy() for name, frame in frames.items()}
    nobody_treated(frames)
    for name, frame in frames.items():
        own = frame[frame["TRT01P"] == "KP"].astype(whole[name].dtypes.to_dict())
        frames[name] = pd.concat([own, whole[name][whole[name]["TRT01P"] == "VP"]], ignore_index=True)


def everybody_switched(frames: Frames) -> None:
    for name, frame in frames.items():
        other = frame["TRT01P"].map({"KP": "VP", "VP": "KP"})
        frames[name] = frame.assign(TRT01A=other.where(frame["TRT01A"].notna()), PPROTFL="N")


def one_vertebra_each(frames: Frames) -> None:
    first = frames["adproc"].groupby("USUBJID")["LEVEL"].first()
    for name in ("adproc", "adleak", "adimg"):
        frame = frames[name]
        frames[name] = frame[frame["LEVEL"] == frame["USUBJID"].map(first)]
    _set(frames, "adsl", NPLAN=1, NLEVELS=frames["adsl"]["NLEVELS"].clip(upper=1))


# --- who is there


def one_kp_patient(frames: Frames) -> None:
    _keep(frames, [*_of(frames, "KP")[:1], *_of(frames, "VP")])


def no_vp_patient(frames: Frames) -> None:
    _keep(frames, _of(frames, "KP"))


def one_patient_each(frames: Frames) -> None:
    _keep(frames, [*_of(frames, "KP")[:1], *_of(frames, "VP")[:1]])


def two_patients_each(frames: Frames) -> None:
    _keep(frames, [*_of(frames, "KP")[:2], *_of(frames, "VP")[:2]])


def nobody(frames: Frames) -> None:
    _keep(frames, [])


# --- death and the end of follow-up


def kp_arm_not_seen_again(frames: Frames) -> None:
    """KP has values before the procedure only, and none at all of the spine."""
    for name in SCORES:
        frame = frames[name]
        frames[name] = frame[(frame["TRT01P"] == "VP") | ((frame["AVISIT"] == "D0") & (name != "adimg"))]


def one_patient_of_each_arm_seen_again(frames: Frames) -> None:
    seen = {_of(frames, "KP")[0], _of(frames, "VP")[0]}
    for name in SCORES:
        frame = frames[name]
        frames[name] = frame[frame["USUBJID"].isin(seen) | (frame["AVISIT"] == "D0")]


def all_dead(frames: Frames) -> None:
    """Before month 3, on different days."""
    adsl = frames["adsl"]
    start = adsl["TRTSDT"].fillna(adsl["RANDDT"])
    died = start + pd.to_timedelta(22 + 3 * np.arange(len(adsl)) % 60, unit="D")
    _set(frames, "adsl", DTHDT=died, EOSDT=died, EOSSTT="DEATH")
    for name in SCORES:
        frames[name] = frames[name][frames[name]["AVISIT"] != "M3"]
    late = frames["adcomp"]["AVISIT"] == "M3"
    flags = ("EXPECTFL", "VASFL", "DPQFL", "IMGFL", "STATUREFL")
    _set(frames, "adcomp", **{f: frames["adcomp"][f].mask(late, "N") for f in flags})


def all_leave_at_once(frames: Frames) -> None:
    """On the day of the procedure, or of randomisation."""
    adsl = frames["adsl"]
    _set(frames, "adsl", EOSDT=adsl["TRTSDT"].fillna(adsl["RANDDT"]), EOSSTT="WITHDRAWN", DTHDT=pd.NaT)
    frames["adsl"] = frames["adsl"].astype({"DTHDT": "datetime64[ns]"})
    for name in SCORES:
        frames[name] = frames[name][frames[name]["AVISIT"] == "D0"]
    after = frames["adcomp"]["AVISIT"] != "D0"
    flags = ("VASFL", "DPQFL", "IMGFL", "STATUREFL")
    _set(frames, "adcomp", **{f: frames["adcomp"][f].mask(after, "N") for f in flags}, EXPECTFL="Y")


# --- values


def all_values_the_same(frames: Frames) -> None:
    for name in SCORES:
        _set(frames, name, AVAL=20.0, BASE=20.0)
    _set(frames, "adimg", READ1=20.0, READ2=20.0)
    alike = {"VOLTOT": 4.0, "VOLMEAN": 4.0, "NLEVELS": 1, "AGE": 60, "VASBL": 20.0, "SINSBL": 9, "NPLAN": 1, "SEX": "F"}
    _set(frames, "adsl", **alike, ECOGBL=1, PRIMTUM="LUNG")


def nothing_before(frames: Frames) -> None:
    for name in SCORES:
        frames[name] = frames[name][frames[name]["AVISIT"] != "D0"].assign(BASE=np.nan)
    _set(frames, "adsl", VASBL=np.nan)


def nought_before(frames: Frames) -> None:
    for name in SCORES:
        frame = frames[name]
        frames[name] = frame.assign(AVAL=frame["AVAL"].mask(frame["AVISIT"] == "D0", 0.0), BASE=0.0)


def visits_perfectly_correlated(frames: Frames) -> None:
    """A patient has one value at all visits after the procedure."""
    for name in SCORES:
        keys = ["USUBJID", "PARAMCD", *(["LEVEL"] if name == "adimg" else [])]
        last = frames[name][frames[name]["AVISIT"] != "D0"].groupby(keys)["AVAL"].last().rename("LAST")
        joined = frames[name].join(last, on=keys)
        later = (joined["AVISIT"] != "D0") & joined["LAST"].notna()
        frames[name] = joined.assign(AVAL=joined["AVAL"].mask(later, joined["LAST"])).drop(columns="LAST")


def no_change_in_anybody(frames: Frames) -> None:
    _measured(frames, lambda f: f["BASE"].fillna(5.0))


def relief_in_everybody(frames: Frames) -> None:
    _measured(frames, lambda f: 0.0 * f["AVAL"])


def arms_apart(frames: Frames) -> None:
    """Every value of KP is below every one of VP, without variation."""
    _measured(frames, lambda f: np.where(f["TRT01P"] == "KP", 1.0, 9.0))


def readers_alike(frames: Frames) -> None:
    _set(frames, "adimg", READ1=frames["adimg"]["AVAL"], READ2=frames["adimg"]["AVAL"])


def one_reader(frames: Frames) -> None:
    _set(frames, "adimg", READ2=np.nan)


# --- covariates


def nothing_to_adjust_for(frames: Frames) -> None:
    _set(frames, "adsl", SITEID="01", STRATUM="1-3 vertebrae, site 01", NPLAN=1)
    _set(frames, "adimg", REGION="LUMBAR")


def covariates_tell_the_arm(frames: Frames) -> None:
    kp = frames["adsl"]["TRT01P"] == "KP"
    _set(frames, "adsl", SITEID=np.where(kp, "01", "02"), NPLAN=np.where(kp, 1, 2), SEX=np.where(kp, "F", "M"))
    _set(frames, "adimg", REGION=np.where(frames["adimg"]["TRT01P"] == "KP", "LUMBAR", "THORACIC"))
    for name in SCORES:
        base = np.where(frames[name]["TRT01P"] == "KP", 10.0, 20.0)
        _set(frames, name, BASE=base, AVAL=frames[name]["AVAL"].mask(frames[name]["AVISIT"] == "D0", base))


# --- adverse events


def no_event(frames: Frames) -> None:
    frames["adae"] = frames["adae"].iloc[:0]


def every_event_fatal(frames: Frames) -> None:
    _set(frames, "adae", AETOXGR=5, AESDTH="Y", AESER="Y", TRTEMFL="Y", ASTDY=frames["adae"]["ASTDY"].clip(lower=1))


def everybody_has_an_event_at_once(frames: Frames) -> None:
    one = frames["adae"].iloc[:1].drop(columns=["USUBJID", "TRT01P", "TRT01A", "SAFFL", "ITTFL", "MITTFL", "PPROTFL"])
    subjects = frames["adsl"][["USUBJID", "TRT01P", "TRT01A", "SAFFL", "ITTFL", "MITTFL", "PPROTFL"]]
    frames["adae"] = subjects.merge(one, how="cross").assign(TRTEMFL="Y", ASTDY=1)


def events_of_unknown_day(frames: Frames) -> None:
    _set(frames, "adae", ASTDY=pd.Series(np.nan, index=frames["adae"].index))


MUTATIONS = {
    function.__name__: function
    for function in (
        no_leak, everybody_leaked, one_arm_leaked, no_image_after, nobody_treated, kp_arm_untreated, everybody_switched,
        kp_arm_not_seen_again, one_patient_of_each_arm_seen_again, one_vertebra_each, one_kp_patient,
        no_vp_patient, one_patient_each, two_patients_each, nobody, all_dead,
        all_leave_at_once, all_values_the_same, nothing_before, nought_before, visits_perfectly_correlated,
        no_change_in_anybody, relief_in_everybody, arms_apart, readers_alike, one_reader, nothing_to_adjust_for,
        covariates_tell_the_arm, no_event, every_event_fatal, everybody_has_an_event_at_once, events_of_unknown_day,
    )
}  # fmt: skip
