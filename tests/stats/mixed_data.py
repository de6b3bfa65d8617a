"""Data sets for the tests of mixed models, and figures that SAS and R packages publish about them."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "reference"
DIETOX = Path(statsmodels.__file__).parent / "regression" / "tests" / "results" / "dietox.csv"

needs_reference = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"the data sets of other projects are kept beside the repository, in {FOLDER}"
)
needs_dietox = pytest.mark.skipif(not DIETOX.is_file(), reason="this statsmodels comes without its test data (dietox)")


@cache
def fev() -> pd.DataFrame:
    """FEV1 of 197 patients at up to 4 visits: R mmrm's fev_data, factors in its order."""
    data = pd.read_csv(FOLDER / "fev_data.csv")
    orders = {
        "ARMCD": ["PBO", "TRT"],
        "SEX": ["Male", "Female"],
        "RACE": ["Asian", "Black or African American", "White"],
        "AVISIT": ["VIS1", "VIS2", "VIS3", "VIS4"],
    }
    for name, order in orders.items():
        data[name] = pd.Categorical(data[name], categories=order)
    return data


@cache
def antidepressant() -> pd.DataFrame:
    """Change in HAMD17 of 172 patients at up to 4 visits, as distributed with R rbmi."""
    data = pd.read_csv(FOLDER / "antidepressant.csv")
    data["THERAPY"] = pd.Categorical(data["THERAPY"], categories=["PLACEBO", "DRUG"])
    return data


@cache
def dietox() -> pd.DataFrame:
    """Weights of pigs over time: R geepack's dietox."""
    return pd.read_csv(DIETOX)


@cache
def beets() -> pd.DataFrame:
    """Sugar percentage in a split plot: R pbkrtest's beets."""
    plots = {
        ("harv1", "block1"): [17.0, 17.0, 17.1, 16.9, 16.6],
        ("harv1", "block2"): [16.9, 17.0, 17.0, 16.8, 16.5],
        ("harv1", "block3"): [16.9, 16.9, 17.1, 16.8, 16.6],
        ("harv2", "block1"): [16.8, 17.0, 17.0, 16.7, 16.5],
        ("harv2", "block2"): [16.8, 17.0, 17.0, 16.7, 16.4],
        ("harv2", "block3"): [16.7, 16.9, 16.9, 16.6, 16.4],
    }
    rows = [
        (harvest, block, harvest + block, f"sow{i + 1}", value)
        for (harvest, block), values in plots.items()
        for i, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=["harvest", "block", "plot", "sow", "sugar"])


def unbalanced_beets() -> pd.DataFrame:
    """The same without five plots, rows 1, 7, 8, 19 and 30 in pbkrtest's order."""
    gone = {
        ("harv1block1", "sow3"),
        ("harv2block2", "sow2"),
        ("harv2block2", "sow4"),
        ("harv2block1", "sow4"),
        ("harv2block3", "sow5"),
    }
    data = beets()
    return data[[pair not in gone for pair in zip(data["plot"], data["sow"], strict=True)]]


@cache
def shoes() -> pd.DataFrame:
    """Wear of shoe materials on the feet of ten boys, less two shoes: MASS's shoes as in pbkrtest's vignette."""
    a = {"b": 8.2, "c": 10.9, "d": 14.3, "e": 10.7, "f": 6.6, "g": 9.5, "h": 10.8, "i": 8.8, "j": 13.3}
    b = {"a": 14.0, "c": 11.2, "d": 14.2, "e": 11.8, "f": 6.4, "g": 9.8, "h": 11.3, "i": 9.3, "j": 13.6}
    rows = [(boy, m, wear) for m, worn in (("A", a), ("B", b)) for boy, wear in worn.items()]
    return pd.DataFrame(rows, columns=["boy", "material", "wear"])


@cache
def sleepstudy() -> pd.DataFrame:
    """Reaction times of 18 subjects on days 0 to 9 (Belenky 2003): R lme4's sleepstudy."""
    times = """
    249.56 258.7047 250.8006 321.4398 356.8519 414.6901 382.2038 290.1486 430.5853 466.3535
    222.7339 205.2658 202.9778 204.707 207.7161 215.9618 213.6303 217.7272 224.2957 237.3142
    199.0539 194.3322 234.32 232.8416 229.3074 220.4579 235.4208 255.7511 261.0125 247.5153
    321.5426 300.4002 283.8565 285.133 285.7973 297.5855 280.2396 318.2613 305.3495 354.0487
    287.6079 285 301.8206 320.1153 316.2773 293.3187 290.075 334.8177 293.7469 371.5811
    234.8606 242.8118 272.9613 309.7688 317.4629 309.9976 454.1619 346.8311 330.3003 253.8644
    283.8424 289.555 276.7693 299.8097 297.171 338.1665 332.0265 348.8399 333.36 362.0428
    265.4731 276.2012 243.3647 254.6723 279.0244 284.1912 305.5248 331.5229 335.7469 377.299
    241.6083 273.9472 254.4907 270.8021 251.4519 254.6362 245.4523 235.311 235.7541 237.2466
    312.3666 313.8058 291.6112 346.1222 365.7324 391.8385 404.2601 416.6923 455.8643 458.9167
    236.1032 230.3167 238.9256 254.922 250.7103 269.7744 281.5648 308.102 336.2806 351.6451
    256.2968 243.4543 256.2046 255.5271 268.9165 329.7247 379.4445 362.9184 394.4872 389.0527
    250.5265 300.0576 269.8939 280.5891 271.8274 304.6336 287.7466 266.5955 321.5418 347.5655
    221.6771 298.1939 326.8785 346.8555 348.7402 352.8287 354.4266 360.4326 375.6406 388.5417
    271.9235 268.4369 257.2424 277.6566 314.8222 317.2135 298.1353 348.1229 340.28 366.5131
    225.264 234.5235 238.9008 240.473 267.5373 344.1937 281.1481 347.5855 365.163 372.2288
    269.8804 272.4428 277.8989 281.7895 279.1705 284.512 259.2658 304.6306 350.7807 369.4692
    269.4117 273.474 297.5968 310.6316 287.1726 329.6076 334.4818 343.2199 369.1417 364.1236
    """
    values = np.array(times.split(), dtype=float)
    return pd.DataFrame(
        {"subject": np.repeat(np.arange(18), 10), "days": np.tile(np.arange(10), 18), "reaction": values}
    )


# SAS PROC MIXED, model FEV1 = (intercept), repeated by structure: openpharma/mmrm design/SAS/sas_<structure>_<method>.
# -2 log L as in the iteration history, covariance parameters in SAS's order, then estimate, SE and (rounded)
# Satterthwaite df of the intercept. TOEP: the estimates of the RTF files.
SAS_NULL = {
    ("UN", "REML"): (3700.94648570, None, (42.8338, 0.3509, 171)),
    ("UN", "ML"): (3700.68707570, None, (42.8367, 0.3499, 172)),
    ("ADH", "REML"): (
        3713.49317786,
        (114.89, 44.6313, 26.8922, 158.47, 0.7106, 0.1033, 0.3657),
        (42.9009, 0.3529, 171),
    ),
    ("ADH", "ML"): (
        3713.24501787,
        (114.78, 44.5191, 26.7673, 158.33, 0.7104, 0.09992, 0.3650),
        (42.9019, 0.3519, 171),
    ),
    ("AR1", "REML"): (3875.49945459, (88.9866, 0.4272), (42.3255, 0.5013, 188)),
    ("AR1", "ML"): (3875.95352406, (88.7088, 0.4249), (42.3252, 0.5000, 189)),
    ("AR1H", "REML"): (3739.96835012, (92.3009, 38.5178, 35.2148, 176.37, 0.4130), (41.6955, 0.3947, 191)),
    ("AR1H", "ML"): (3739.94416707, (92.2283, 38.3927, 35.0194, 176.08, 0.4113), (41.7017, 0.3936, 191)),
    ("CS", "REML"): (3917.98183508, (5.8943, 81.0025), (42.2896, 0.4285, 187)),
    ("CS", "ML"): (3918.12214544, (5.7193, 80.9950), (42.2897, 0.4273, 188)),
    ("CSH", "REML"): (3784.85341599, (104.61, 38.6137, 31.3143, 178.91, 0.1582), (41.9964, 0.3575, 199)),
    ("CSH", "ML"): (3784.63158043, (104.54, 38.5253, 31.1656, 178.62, 0.1566), (42.0018, 0.3566, 199)),
    ("TOEPH", "REML"): (
        3722.38018329,
        (90.4041, 38.5927, 36.1518, 175.78, 0.4295, 0.04570, -0.3116),
        (41.6726, 0.3822, 185),
    ),
    ("TOEPH", "ML"): (
        3722.29178558,
        (90.3084, 38.4717, 35.9728, 175.50, 0.4279, 0.04377, -0.3130),
        (41.6769, 0.3812, 186),
    ),
    ("TOEP", "REML"): (3856.68995273, None, None),
    ("TOEP", "ML"): (3857.00777313, None, None),
}
# The same with coordinates: columns, then as above with the residual variance before the range
SAS_SPATIAL = {
    ("SP_EXP", "REML", ("VISITN",)): (3875.49946734, (88.9768, 1.1751), (42.3254, 0.5012, 188)),
    ("SP_EXP", "ML", ("VISITN",)): (3875.95353357, (88.7005, 1.1680), (42.3252, 0.4999, 189)),
    ("SP_EXP", "REML", ("VISITN", "VISITN2")): (3894.60123182, (87.8870, 1.2418), (42.2202, 0.4754, 194)),
    ("SP_EXP", "ML", ("VISITN", "VISITN2")): (3894.94943409, (87.6472, 1.2339), (42.2203, 0.4742, 196)),
    ("SP_GAU", "REML", ("VISITN",)): (3870.69846121, (88.7170, 1.0871), (42.3542, 0.4780, 302)),
    ("SP_GAU", "ML", ("VISITN",)): (3871.05833365, (88.4874, 1.0853), (42.3539, 0.4772, 303)),
    ("SP_GAU", "REML", ("VISITN", "VISITN2")): (3891.05998791, (90.0242, 1.4086), (42.2195, 0.4684, 261)),
    ("SP_GAU", "ML", ("VISITN", "VISITN2")): (3891.37909815, (89.7880, 1.4052), (42.2192, 0.4675, 261)),
}
# The same with GROUP=ARMCD: sas_group_<structure>_<method>; parameters of PBO, then of TRT. CS: covariance, residual.
SAS_GROUPED = {
    ("ADH", "REML"): (
        3688.84024388,
        (
            *(134.41, 51.5930, 19.9393, 114.99, 0.8039, 0.02646, 0.1643),
            *(83.7418, 32.9411, 38.7701, 215.53, 0.5178, 0.2002, 0.5655),
        ),
        (42.5293, 0.3349, 174),
    ),
    ("ADH", "ML"): (3688.48731427, None, (42.5284, 0.3339, 174)),
    ("AR1", "REML"): (3872.65212395, (78.6615, 0.3693, 100.79, 0.4831), (41.9576, 0.4960, 189)),
    ("AR1", "ML"): (3873.08507919, (78.3954, 0.3667, 100.51, 0.4813), (41.9560, 0.4947, 190)),
    ("AR1H", "REML"): (
        3724.36099760,
        (109.37, 42.8134, 23.5256, 128.46, 0.3179, 76.6736, 34.3878, 47.0687, 219.71, 0.4599),
        (41.7104, 0.3723, 177),
    ),
    ("AR1H", "ML"): (3724.22021102, None, (41.7161, 0.3713, 178)),
    ("CS", "REML"): (3915.41985780, (3.2130, 74.8951, 9.0248, 87.3254), (41.9734, 0.4247, 183)),
    ("CS", "ML"): (3915.54243738, (3.0393, 74.8824, 8.8558, 87.3240), (41.9714, 0.4236, 184)),
    ("CSH", "REML"): (
        3764.55218946,
        (122.64, 45.1705, 21.4110, 126.14, 0.08074, 82.7175, 31.3308, 44.6841, 234.52, 0.2097),
        (41.8458, 0.3372, 191),
    ),
    ("CSH", "ML"): (3764.21336404, None, (41.8492, 0.3363, 192)),
    ("TOEPH", "REML"): (
        3704.49921127,
        (
            *(104.43, 40.8152, 25.0541, 127.27, 0.3315, -0.1172, -0.3567),
            *(74.6153, 34.2766, 49.8505, 220.20, 0.4677, 0.1540, -0.2741),
        ),
        (41.4766, 0.3563, 170),
    ),
    ("TOEPH", "ML"): (3704.27043196, None, (41.4792, 0.3553, 171)),
}
# SAS PROC MIXED, model FEV1 = ARMCD: SE and df of TRT - PBO with DDFM=KR and SE with KR(FIRSTORDER), from
# openpharma/mmrm design/ddfm_covtype (in sp(exp) the two files have each other's names)
SAS_KENWARD_ROGER = {
    "AR1": (0.95865439662225, 0.96058142305176, 188.46934887972),
    "AR1H": (0.7590316099633, 0.75924807546934, 188.225339095373),
    "CS": (0.7964696053595, 0.7964696053595, 177.038485931223),
    "CSH": (0.67414806011886, 0.67403858183242, 190.737701349941),
    "ADH": (0.66172017349971, 0.66158550758897, 162.393385281755),
    "TOEP": (0.87839805519623, 0.87839805519623, 160.027408337368),
    "TOEPH": (0.72543828853831, 0.72537324518435, 180.062730071701),
    "UN": (0.66124382270307, 0.66124382270307, 160.733266403768),
    "SP_EXP": (0.90527620094771, 0.90552903839818, 195.584197921463),
}
# SAS PROC MIXED EMPIRICAL, model FEV1 = ARMCD: variance of the intercept (minus the covariance) and of TRT - PBO,
# unweighted and with WEIGHT, as openpharma/mmrm tests/testthat/test-empirical.R quotes them
SAS_EMPIRICAL = {
    "AR1": (0.27666930670945, 0.68196697308307, 0.3741856039623, 0.95376377451164),
    "AR1H": (0.19106397930347, 0.46203608554929, 0.22611242154248, 0.60705140369159),
    "CS": (0.26910953746582, 0.6297163326325, 0.32402882795093, 0.81526337857816),
    "CSH": (0.19635239056617, 0.46038132267959, 0.21754684649458, 0.5806529085649),
    "TOEP": (0.30022945455349, 0.76371849328831, 0.39272956491025, 1.00563551122259),
    "TOEPH": (0.18350201218893, 0.46360435395588, 0.22472893956932, 0.60262173501823),
    "ADH": (0.17350223093416, 0.41552647969341, 0.19660064483548, 0.53908302126134),
    "UN": (0.16725909903518, 0.40908637028234, 0.198001710472, 0.53420413502786),
    "SP_EXP": (0.26947559034166, 0.65569217854087, 0.34876862866685, 0.88037866993301),
}
