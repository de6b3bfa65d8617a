"""Published survival data: (time, event) lists, an event being 1 and censored 0, or the number of a cause."""

# Freireich and others 1963, remission in weeks, as in Gehan 1965 and Cox 1972
MERCAPTOPURINE = (
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
    [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
)
PLACEBO = ([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [1] * 21)

# Embury and others 1977, acute myelogenous leukaemia, maintained or not; R survival `aml`, Miller 1981
MAINTAINED = ([9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161], [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0])
NOT_MAINTAINED = ([5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45], [1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1])

# Edmonson and others 1979, ovarian cancer; R survival `ovarian`: time, event, age, residual disease, arm, performance
OVARIAN = [
    (59, 1, 72.3315, 2, 1, 1),
    (115, 1, 74.4932, 2, 1, 1),
    (156, 1, 66.4658, 2, 1, 2),
    (421, 0, 53.3644, 2, 2, 1),
    (431, 1, 50.3397, 2, 1, 1),
    (448, 0, 56.4301, 1, 1, 2),
    (464, 1, 56.937, 2, 2, 2),
    (475, 1, 59.8548, 2, 2, 2),
    (477, 0, 64.1753, 2, 1, 1),
    (563, 1, 55.1781, 1, 2, 2),
    (638, 1, 56.7562, 1, 1, 2),
    (744, 0, 50.1096, 1, 2, 1),
    (769, 0, 59.6301, 2, 2, 2),
    (770, 0, 57.0521, 2, 2, 1),
    (803, 0, 39.2712, 1, 1, 1),
    (855, 0, 43.1233, 1, 1, 2),
    (1040, 0, 38.8932, 2, 1, 2),
    (1106, 0, 44.6, 1, 1, 1),
    (1129, 0, 53.9068, 1, 2, 1),
    (1206, 0, 44.2055, 2, 2, 1),
    (1227, 0, 59.589, 1, 2, 2),
    (268, 1, 74.5041, 2, 1, 2),
    (329, 1, 43.137, 2, 1, 1),
    (353, 1, 63.2192, 1, 2, 2),
    (365, 1, 64.4247, 2, 2, 1),
    (377, 0, 58.3096, 1, 2, 1),
]

# Scrucca, Santucci, Aversa 2007, acute leukaemia after transplant: disease (0, 1), months, cause (0 censored)
TRANSPLANT = [
    *[(0, 13, 2), (0, 1, 1), (0, 72, 0), (0, 7, 2), (0, 8, 2), (1, 67, 0), (0, 9, 2), (0, 5, 2), (1, 70, 0)],
    *[(1, 4, 0), (1, 7, 0), (1, 68, 0), (0, 1, 2), (1, 10, 2), (1, 7, 2), (1, 3, 1), (1, 4, 1), (1, 4, 1)],
    *[(1, 3, 1), (1, 3, 1), (0, 22, 2), (1, 8, 1), (1, 2, 2), (0, 0, 2), (0, 0, 1), (0, 35, 0), (1, 35, 0)],
    *[(0, 4, 2), (0, 14, 2), (0, 26, 2), (0, 3, 2), (1, 2, 0), (1, 8, 0), (1, 32, 0), (0, 12, 1)],
]

# The simulated data of R cmprsk's tests/test.R (seed 2, R 1.6.2 generator), in the order of the times, which is all
# that the test needs: group, cause and stratum of each unit; first with times abs(rnorm(100)), then rexp(100)
SIMULATED = [
    (
        "bbbbaaabcbcaacbaacabacccbbaaaabaccbccaaccbaaaaabaacbcbcbbbccaabcbbabcacbbcabbcacbabcbabaaabacabccccb",
        "0022120012020011022121012200101201121022000022111121201122120021222100102101122121200120102210201022",
        "2111212122221222222112222122212122211112222122211211211111111112112221111212111121111221211212112212",
    ),
    (
        "caaccbabcaaaaacccbbcccbababcbcbbacacabacbcbcbacaacbbcabbbcabcaaabcabbbcbbaaacbbbbacabaabccaaababccaa",
        "0002120122122021000221102111112220211200111122101221022221122220010000012100002220102101011222012001",
        "2112112211211121212111211212221122221121112112212112212122211211121121212211211122122221122221112221",
    ),
]


def two(first, second, labels=("A", "B")):
    """Times, events and groups of two groups together."""
    return first[0] + second[0], first[1] + second[1], [labels[0]] * len(first[0]) + [labels[1]] * len(second[0])
