"""The typed `params.yaml`: an undeclared key, a wrong type or an impossible value is an error that names its place."""

from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from helpers import paths
from helpers.errors import ConfigError
from helpers.yaml_file import config_error, read_yaml

#: The analysis sets that the plan has for comparisons as allocated, and for those by technique received.
Allocated = Literal["ITT", "MITT", "PP"]
Received = Literal["SAF"]
Visit = Literal["D1", "D21", "M3"]
Share = Annotated[float, Field(ge=0, le=1)]
OpenShare = Annotated[float, Field(gt=0, lt=1)]
SmallShare = Annotated[float, Field(ge=0, le=0.1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
NotNegativeInt = Annotated[int, Field(ge=0)]
K = TypeVar("K")
T = TypeVar("T")


class Section(BaseModel):
    """A part of `params.yaml`: closed and unchangeable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="after")
    def _no_key_is_missing(self):
        """A mapping whose keys are listed has all of them."""
        for name, field in type(self).model_fields.items():
            key = get_args(field.annotation)[0] if get_origin(field.annotation) is dict else None
            missing = set(get_args(key)) - set(getattr(self, name)) if get_origin(key) is Literal else set()
            if missing:
                raise ValueError(f"{name} lacks {', '.join(sorted(map(str, missing)))}")
        return self


def _whole(shares: dict) -> dict:
    total = sum(shares.values())
    if abs(total - 1) > 1e-9:
        raise ValueError(f"the shares sum to {total:g}, not to 1")
    return shares


def _ordered(days: tuple[int, int]) -> tuple[int, int]:
    if days[0] > days[1]:
        raise ValueError(f"the range begins at {days[0]}, after its end {days[1]}")
    return days


#: Code -> part of the whole; the parts sum to 1.
Shares = Annotated[dict[K, Share], AfterValidator(_whole)]
#: First and last of a range of days.
Window = Annotated[tuple[int, int], AfterValidator(_ordered)]
Days = Annotated[tuple[NotNegativeInt, NotNegativeInt], AfterValidator(_ordered)]


class DataParams(Section):
    """Which export runs, its format, and the units it declares."""

    source: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    format: Literal["csv", "redcap", "xpt", "dataset-json"]
    vas_unit: Literal["cm", "mm"]


class PrivacyParams(Section):
    """What protects the patients of a real export."""

    #: Smallest number of patients that a published cell may show; 1 hides nothing. auto: 3, or 1 for synthetic data,
    #: which have no patients.
    min_cell: Literal["auto"] | Annotated[int, Field(ge=1)]
    #: Move every date of a patient by the same secret number of days.
    shift_dates: bool
    #: Fingerprint of the secret key, so that a change of key is seen; empty without shifting.
    date_key: str
    #: Columns (`table.column`) in which a person looked and found no direct identifier.
    reviewed: tuple[str, ...]

    def smallest_cell(self, *, patients: bool) -> int:
        """The limit for data with `patients`, or without a single one that the generator did not make."""
        return self.min_cell if self.min_cell != "auto" else 3 if patients else 1


class BlindingParams(Section):
    """Treatment permuted within strata while analyses are developed."""

    enabled: bool
    seed: Annotated[int, Field(ge=0)]


class LeakageParams(Section):
    population: Allocated
    prior_alpha: Positive
    prior_beta: Positive
    #: Success rate that the literature has for vertebroplasty, and the patients that it counts for in the two priors.
    literature_success: OpenShare
    literature_size: Positive
    sceptical_size: Positive
    #: Patients of each arm in the larger trial that is predicted.
    larger_arm: Annotated[int, Field(ge=1, le=1000)]


class Resampled(Section):
    """An interval by bootstrap: how many samples, from which seed."""

    resamples: Annotated[int, Field(ge=200, le=100_000)]
    bootstrap_seed: NotNegativeInt


class ImagingParams(Resampled):
    population: Allocated
    visit: Literal["M3"]


class QuestionnaireParams(Section):
    population: Allocated
    main_visit: Visit
    imputations: Annotated[int, Field(ge=5, le=10_000)]
    imputation_seed: NotNegativeInt
    #: Step of the shift of imputed values, points.
    delta_step: Positive


class ToleranceParams(Section):
    population: Received


class VolumePainParams(Resampled):
    population: Received
    visit: Visit


class EndpointParams(Section):
    """What each notebook may be told."""

    leakage: LeakageParams
    height: ImagingParams
    angle: ImagingParams
    pain: QuestionnaireParams
    qol: QuestionnaireParams
    tolerance: ToleranceParams
    volume_pain: VolumePainParams


class PublishParams(Section):
    engine: Literal["auto", "quarto", "pandoc"]


class Normal(Section):
    """Mean and standard deviation, in the unit of what they describe."""

    mean: float
    sd: Annotated[float, Field(ge=0)]


class ByArm(Section, Generic[T]):
    """A value for each technique; `of` gives both, equal to the reference under the null."""

    VP: T
    KP: T

    def of(self, null_effect: bool) -> dict[str, T]:
        return {"VP": self.VP, "KP": self.VP if null_effect else self.KP}


class StatureParams(Section):
    mean: dict[str, Positive]
    sd: Positive


class VasParams(Section):
    visits: dict[str, Normal]
    shift: ByArm[float]
    correlation: Share
    screening_sd: NotNegative


class MeasureParams(Section):
    """One imaging measure: `change` is that of the readers' mean at M3, so its SD includes their error."""

    baseline: Normal
    change: ByArm[Normal]
    reader_sd: NotNegative

    @model_validator(mode="after")
    def _room_for_the_readers(self):
        if self.reader_sd > min(self.change.VP.sd, self.change.KP.sd):
            raise ValueError("reader_sd is larger than the SD of the observed change, which includes it")
        return self


class DallasParams(Section):
    baseline: dict[str, Normal]
    change: dict[str, float]
    shift: ByArm[float]
    correlation: Share
    early_fraction: Share
    item_sd: NotNegative


class EarlyParams(Section):
    share: Share
    days: Annotated[int, Field(ge=1)]


class AdverseEventParams(Section):
    per_patient: ByArm[NotNegative]
    early: EarlyParams
    duration: Days
    ongoing_share: Share
    ongoing_outcome_share: Shares[str]
    serious_share: dict[Literal[1, 2, 3, 4], Share]
    related: dict[Literal["early_to_procedure", "later_or_to_device", "to_disease"], Shares[str]]
    grade_share: Annotated[dict[Literal[1, 2, 3, 4], Share], AfterValidator(_whole)]
    term_share: Shares[str]


class RecruitmentParams(Section):
    """Days from assessment to randomisation, from there to the procedure, from the last visit to the trial's end."""

    assessment_before: Days
    procedure_after: Days
    close_out: Annotated[int, Field(ge=0)]


class BetweenParams(Section):
    """From day `first` after the procedure to so many days before the window of the last visit opens."""

    first: Annotated[int, Field(ge=1)]
    before_last_visit: Annotated[int, Field(ge=1)]


class CriteriaParams(Section):
    vas: float
    sins_total: int


class LowPainParams(Section):
    """Patients who are included for instability alone."""

    share: SmallShare
    vas: tuple[float, float]
    screened_max: float
    sins: dict[str, int]


class MissingnessParams(Section):
    """Why forms are missing; `strength` is the log ratio of rates per standard deviation of what it depends on."""

    mechanism: Literal["MCAR", "MAR", "MNAR"]
    strength: Annotated[float, Field(ge=-5, le=5)]


class SyntheticParams(Section):
    """The generator of the synthetic export.

    Names that the codebook declares (sites, visits, levels, codes, items) are held against it by the generator.
    """

    seed: Annotated[int, Field(ge=0)]
    patients: Annotated[int, Field(ge=4)]
    null_effect: bool
    scenario: str
    recruitment: RecruitmentParams
    visit_windows: dict[str, Window]
    site_share: Shares[str]
    levels_share: Shares[int]
    level_weight: dict[str, Positive]
    age: Normal
    sex_share: Shares[str]
    ecog_share: Shares[int]
    further_sites: NotNegative
    primary_share: dict[str, Shares[str]]
    sins_share: dict[Literal["pain", "lesion", "alignment", "collapse", "posterolateral"], Shares[int]]
    criteria: CriteriaParams
    low_pain: LowPainParams
    stature: StatureParams
    crossover_share: SmallShare
    never_treated_share: SmallShare
    leak: ByArm[OpenShare]
    leak_icc: OpenShare
    leak_type_share: Shares[str]
    leak_significant: ByArm[Share]
    leak_symptomatic: ByArm[Share]
    leak_found_share: Shares[str]
    volume: ByArm[Normal]
    volume_least: Positive
    bipedicular_share: ByArm[Share]
    vas: VasParams
    imaging: dict[Literal["ANTHT", "MIDHT", "POSHT", "KYPHANG"], MeasureParams]
    imaging_icc: Share
    imaging_loss: Share
    stature_change: ByArm[Normal]
    dallas: DallasParams
    missingness: MissingnessParams
    death_share: Annotated[float, Field(ge=0, le=0.5)]
    fatal_event_share: Share
    death_days: BetweenParams
    withdrawal_days: BetweenParams
    lost_share: Annotated[float, Field(ge=0, le=0.3)]
    missed_imaging_share: Share
    missed_form_share: Share
    missing_item_share: Share
    missing_work_item_share: Share
    work_item: str
    missed_once: dict[str, str]
    missed_reason_share: Shares[str]
    adverse_events: AdverseEventParams
    #: Name -> changes of this section.
    scenarios: dict[str, dict[str, Any]]

    @model_validator(mode="after")
    def _scenario_is_known(self):
        if self.scenario not in self.scenarios:
            raise ValueError(f"there is no scenario {self.scenario}; known are {', '.join(self.scenarios)}")
        return self

    def in_scenario(self, name: str | None = None, **changes: Any) -> "SyntheticParams":
        """This section with the changes of a scenario (by default its own), then with `changes`.

        Raises
        ------
        ConfigError
            Naming every key of the scenario that is unknown or out of its domain.
        """
        name = name or self.scenario
        place = ("synthetic", "scenarios", name)
        if name not in self.scenarios:
            raise ConfigError(f"params.yaml: there is no scenario {name}; known are {', '.join(self.scenarios)}.")
        strangers = [key for key in self.scenarios[name] if key in ("scenario", "scenarios")]
        if strangers:
            raise ConfigError(f"params.yaml, {'.'.join(place)}.{strangers[0]}: a scenario cannot set this key.")
        merged = _merged(self.model_dump(), self.scenarios[name]) | {"scenario": name} | changes
        try:
            return SyntheticParams.model_validate(merged)
        except ValidationError as error:
            raise config_error(Path("params.yaml"), error, within=place) from error


def _merged(base: dict, changes: dict) -> dict:
    """`changes` laid over `base`, mappings key by key."""
    deep = {
        key: _merged(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value
        for key, value in changes.items()
    }
    return base | deep


class Params(Section):
    """The whole of `params.yaml`."""

    data: DataParams
    privacy: PrivacyParams
    blinding: BlindingParams
    endpoints: EndpointParams
    publish: PublishParams
    synthetic: SyntheticParams


def load_params(path: Path | None = None) -> Params:
    """Read and check `params.yaml`.

    Raises
    ------
    ConfigError
        Naming the file and every key that is unknown, missing or out of its domain.
    """
    path = Path(path) if path else paths.root() / "params.yaml"
    try:
        params = Params.model_validate(read_yaml(path))
    except ValidationError as error:
        raise config_error(path, error) from error
    for scenario in params.synthetic.scenarios:
        params.synthetic.in_scenario(scenario)
    return params
