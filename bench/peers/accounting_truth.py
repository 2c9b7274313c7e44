"""Brackets the true epsilon of T Poisson-sampled Gaussian releases, independently of every accountant here.

For one draw x and r(x) = 1 - q + q exp((2x - 1) / (2 z^2)), K(t) = E[r(x)^t] over x ~ N(0, z^2). The privacy loss S of T
draws has E[exp(s S)] = K(s + 1)^T when the unit is removed and K(-s)^T when it is added, and

    delta(eps) = E[max(0, 1 - exp(eps - S))] = 1/(2 pi i) Int K^T exp(-s eps) / (s (s + 1)) ds

along Re s = c for any c > 0 (the Laplace transform of 1 - exp(-y)). What is computed is D(eps) = E[delta(eps + Y)] with
Y of Kaiser and Bessel's density on [-w, w], whose transform is known in closed form and makes the integrand vanish
beyond U = (BETA + 2) / w. delta falls and is convex in eps, so delta(eps) <= D(eps) <= delta(eps - w): the bracket.

Errors, each bounded and put on the safe side: the trapezoidal rule along the line with step 2 pi / p gives exactly
sum_k exp(c k p) D(eps + k p) (Poisson), whose terms k != 0 are bounded by 1 and by Chernoff; the cut at U by the size of the
transform there; the trapezoidal rule for K by its integrand on a strip (|arg r| <= theta on Im x = theta z^2); rounding
by MOMENT_ERROR, relative to K at c, which `--check` measures against 40-digit arithmetic. K is computed in doubles, and
in 80-bit arithmetic where doubles would leave the bracket open. No loss is rounded to a grid.

    python3 bench/peers/accounting_truth.py --out bench/results/accounting_truth.csv     # needs numpy and scipy
    python3 bench/peers/accounting_truth.py --check                                      # also mpmath
"""
import argparse
import concurrent.futures
import csv
import itertools
import math
import random
import time

import numpy as np
from scipy import fft, optimize, special

BETA = 16.0
MOMENT_ERROR = {np.float64: 6e-14, np.longdouble: 1e-16}
QUADRATURE_EXPONENT = 46.0
SHARE = 1e-5  # of delta, for the other terms of the Poisson sum
WIDEST = 1e-3  # a bracket wider than this share of epsilon is no truth
SPREAD = 20  # grid points a loss is spread over
MOST_NODES = {np.float64: 3_000_000, np.longdouble: 3_000_000}


class Direction:
    """One direction of neighbours: which power of r is averaged."""

    def __init__(self, q, z, steps, removing):
        self.q, self.z, self.steps, self.removing = q, z, steps, removing
        self.lines = None

    def power(self, s):
        return s + 1 if self.removing else -s

    def loss(self, x):
        """log r(x), in the precision of x."""
        q, z = x.dtype.type(self.q), x.dtype.type(self.z)
        y = (2 * x - 1) / (2 * z * z)
        if q == 1:
            return y
        small = np.log1p(q * np.expm1(np.minimum(y, 30)))
        return np.where(y < 30, small, np.logaddexp(np.log1p(-q), np.log(q) + y))

    def span(self, c):
        """Where the tilted integrand is above exp(-55) of its largest value."""
        t = self.power(c)
        low, high = min(0.0, t) - 15 * self.z, max(0.0, t) + 15 * self.z
        for _ in range(3):
            x = np.linspace(low, high, 4001)
            weight = -x * x / (2 * self.z**2) + t * self.loss(x)
            kept = np.nonzero(weight > weight.max() - 55)[0]
            step = x[1] - x[0]
            low, high = x[kept[0]] - step, x[kept[-1]] + step
        return low, high

    def quadrature(self, c, largest, real=np.float64):
        """Nodes' losses and log weights, fine enough for Im s up to `largest`."""
        z2 = real(self.z) ** 2
        shrink = max(0.0, -self.power(c))
        theta = np.linspace(0.01, 3, 300)
        cost = self.z**2 * theta / 2 + largest + (QUADRATURE_EXPONENT - shrink * np.log(np.cos(theta / 2))) / theta
        step = real(2 * math.pi * self.z**2 / cost.min())
        low, high = self.span(c)
        n = int((high - low) / step) + 2
        if n > 2 * MOST_NODES[real]:
            raise MemoryError(f"{n} nodes")
        x = real(low) + step * np.arange(n, dtype=real)
        loss = self.loss(x)
        log_weight = -x * x / (2 * z2) + self.power(c) * loss + np.log(step / (real(self.z) * np.sqrt(2 * pi(real))))
        return (loss if self.removing else -loss), log_weight

    def log_moment(self, c, real=np.float64):
        """log E[exp(c S)] of one draw."""
        _, log_weight = self.quadrature(c, 0, real)
        top = log_weight.max()
        return top + np.log(np.exp(log_weight - top).sum())

    def exponents(self):
        """Values of c and log E[exp(c S)] of all draws there."""
        if self.lines is None:
            cs, moments = [], []
            for c in np.exp(np.arange(-9, 12, 0.04)):
                cs.append(c)
                moments.append(self.steps * float(self.log_moment(c)))
                if moments[-1] > 1e8 + 1e3 * self.steps:
                    break
            self.lines = np.array(cs), np.array(moments)
        return self.lines

    def estimate(self, delta):
        """A first guess of epsilon; no bound."""
        cs, moments = self.exponents()
        return max(0.0, float(((moments - np.log(delta * cs * (1 + cs) * 3)) / cs).min()))

    def choose(self, eps, delta, width):
        """(c, period, precision): the line with the fewest terms whose rounding stays a small share of delta."""
        cs, moments = self.exponents()
        best = None
        for i, c in enumerate(cs[:-1]):
            scale = moments[i] - c * eps - math.log(delta)
            for real in (np.float64, np.longdouble):
                blur = scale + math.log(self.steps * MOMENT_ERROR[real]) - math.log(c) + math.log1p(c)
                if blur > math.log(3e-4) + (0 if real is np.float64 else 3) or c * width > 5:
                    continue
                b, m = cs[i + 1:], moments[i + 1:]
                above = (m - b * (eps - width) - math.log(SHARE * delta)) / (b - c)
                period = max(math.log(1 / (SHARE * delta)) / c, float(above.min()) * 1.02)
                cost = period * (1 if real is np.float64 else 5)
                if best is None or cost < best[0]:
                    best = cost, c, period, real
                break
        if best is None:
            raise ArithmeticError("no line is precise enough")
        return best[1:]

    def chernoff(self, eps):
        """log of an upper bound of delta(eps)."""
        cs, moments = self.exponents()
        return float((moments - cs * eps + cs * np.log(cs) - (1 + cs) * np.log1p(cs)).min())


def pi(real):
    return real("3.14159265358979323846264338328") if real is np.longdouble else math.pi


def chebyshev(f, high, degree, at, real):
    """A smooth function of [0, high], given at Chebyshev points by f, evaluated everywhere by Clenshaw's recurrence."""
    angle = pi(real) * (np.arange(degree + 1, dtype=real) + real(0.5)) / (degree + 1)
    values = f((np.cos(angle) + 1) * real(high) / 2)
    series = np.array([(values * np.cos(k * angle)).sum() for k in range(degree + 1)], dtype=real) * real(2) / (degree + 1)
    t = 2 * at.astype(real) / real(high) - 1
    b1, b2 = np.zeros_like(t), np.zeros_like(t)
    for coefficient in series[:0:-1]:
        b1, b2 = 2 * t * b1 - b2 + coefficient, b1
    return t * b1 - b2 + series[0] / 2


def spread_transform(losses, weights, period, modes):
    """sum_j weights_j exp(2 pi i n losses_j / period) for n = 0..modes, losses in order, in their precision: each weight
    is spread over SPREAD points of a grid twice as fine, and the spreading is divided out of the grid's transform."""
    real = losses.dtype.type
    n = 64
    while n < 4 * (modes + 1) + 2 * SPREAD:
        n *= 2
    shape = real(2.3 * SPREAD)
    kernel = lambda t: np.exp(shape * (np.sqrt(np.maximum(0, 1 - t * t)) - 1))
    at = losses / real(period) * n
    first = np.ceil(at - SPREAD / 2)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(first)) + 1])
    grid = np.zeros(n, dtype=real)
    for i in range(SPREAD):
        sums = np.add.reduceat(weights * kernel((first + i - at) / (SPREAD / 2)), starts)
        np.add.at(grid, np.mod(first[starts] + i, n).astype(np.int64), sums)
    t = np.linspace(real(-1), real(1), 401, dtype=real)
    # The trapezoidal rule: the kernel is smooth and vanishes at the ends to more digits than are carried.
    own = lambda f: np.array([(kernel(t) * np.cos(t * (v * pi(real) * SPREAD / n))).sum() for v in f], dtype=real)
    transform = np.conj(fft.rfft(grid)[: modes + 1])
    transform /= chebyshev(own, max(modes, 1), 50, np.arange(modes + 1), real)
    return transform * (weights.sum() / transform[0].real)


class Line:
    """D(eps) with its error, from the integrand along Re s = c."""

    def __init__(self, direction, eps, delta, width):
        c, period, real = direction.choose(eps, delta, width)
        self.c, self.width, self.eps = c, width, eps
        steps = direction.steps
        largest = (BETA + 2) / width
        modes = int(math.ceil(largest * period / (2 * math.pi)))
        if modes > MOST_NODES[real]:
            raise MemoryError(f"{modes} modes")
        moment = direction.log_moment(c, real)
        self.log_scale = float(steps * moment)
        self.alias = SHARE * delta * 1.1 + 1 / math.expm1(min(700.0, c * period))
        losses, log_weight = direction.quadrature(c, largest, real)
        phi = spread_transform(losses, np.exp(log_weight - moment), period, modes)
        self.u = (2 * math.pi / period) * np.arange(modes + 1)
        s = c + 1j * self.u
        root = np.sqrt(BETA**2 + (s * width) ** 2)
        factor = np.sinh(root) / root * (BETA / math.sinh(BETA)) / (s * (s + 1))
        factor[0] *= 0.5
        size = np.abs(phi).astype(float)
        self.g = factor * np.exp(steps * np.log(phi)).astype(complex) * (2 / period)
        error = MOMENT_ERROR[real]
        rounding = np.minimum(2.0, steps * error * np.maximum(size + error, error) ** (steps - 1))
        self.rounding = float((np.abs(factor) * rounding).sum() * 2 / period) + 1e-15 * float(np.abs(self.g).sum())
        # What decays early need not be summed at every epsilon.
        left = np.cumsum(np.abs(self.g[::-1]))[::-1]
        kept = max(1, int(np.searchsorted(-left, -0.1 * self.rounding)))
        self.rounding *= 1.1
        # Beyond U: |sinh(root)| <= cosh(Re root), |root| >= |(U w)^2 - BETA^2 - (c w)^2|^(1/2), 1/|s|^2 integrates to 1/U.
        cut = self.u[-1] * width
        root = np.sqrt(BETA**2 + ((c + 1j * self.u[-1]) * width) ** 2)
        beyond = math.cosh(abs(root.real) + c * width) / math.sqrt(cut**2 - BETA**2 - (c * width) ** 2)
        self.rounding += beyond * BETA / math.sinh(BETA) / (math.pi * self.u[-1])
        self.u, self.g = self.u[:kept], self.g[:kept]

    def value(self, eps):
        """(D, bound on its rounding); the other terms of the Poisson sum, alias at most, are in D where eps >= self.eps."""
        scale = math.exp(min(700.0, self.log_scale - self.c * eps))
        phase = np.exp(-1j * self.u * eps)
        return scale * float((self.g * phase).real.sum()), scale * self.rounding


def crossing(excess, start, reach):
    """The epsilon above 0 where a falling function passes 0; 0 if it is below 0 there already."""
    low = high = start
    while excess(high) > 0:
        low, high, reach = high, high + reach, reach * 2
    while low > 0 and excess(low) <= 0:
        low, high, reach = max(0.0, low - reach), low, reach * 2
    return 0.0 if excess(low) <= 0 else optimize.brentq(excess, low, high, xtol=1e-9 * max(high, 1e-3))


def direction_bracket(direction, delta, relative=3e-4, absolute=8e-6):
    """(lower, upper) of one direction's epsilon."""
    eps = direction.estimate(delta)
    fineness = 30
    for _ in range(12):
        width = min(fineness * max(relative * eps, absolute), max(eps, 30 * absolute))
        line = Line(direction, max(0.0, eps - 3 * width), delta, width)

        def excess(e, side):
            d, rounding = line.value(e)
            # Rounding may be of either sign; alias only ever adds.
            d = d + rounding if side > 0 else d - rounding - line.alias
            return math.log(max(d, 1e-300)) - math.log(delta)

        upper = crossing(lambda e: excess(e, 1), eps, width) * (1 + 1e-9)
        lower = max(0.0, crossing(lambda e: excess(e, -1), upper, width) * (1 - 1e-9) - width)
        # The guess was off or coarse: lay the line through the place that was found.
        settled = abs(upper - eps) <= 2 * width
        if fineness == 1 and settled and lower + width >= line.eps:
            if upper - lower > max(WIDEST * upper, 1e-5):
                break
            return float(lower), float(upper)
        eps = upper
        fineness = 1 if settled else fineness
    raise ArithmeticError(f"bracket did not close: [{lower}, {upper}]")


def bracket(q, z, steps, delta, relative=3e-4, absolute=8e-6):
    """(lower, upper, which direction is larger)."""
    removing = direction_bracket(Direction(q, z, steps, True), delta, relative, absolute)
    if q == 1:
        return *removing, "both"
    adding = Direction(q, z, steps, False)
    if removing[0] > 0 and (-steps * math.log1p(-q) <= removing[0]
                            or adding.chernoff(removing[0]) <= math.log(delta)):
        return *removing, "remove"
    added = direction_bracket(adding, delta, relative, absolute)
    return max(removing[0], added[0]), max(removing[1], added[1]), "remove" if removing[1] >= added[1] else "add"


def settings():
    """The settings, the known cases first, the rest drawn from the whole range with a fixed seed."""
    yield from [
        (3e-5, 0.5, 10_000, 1e-7), (3e-5, 0.7, 10_000, 1e-7), (3e-5, 0.6, 50_000, 1e-8), (1e-3, 0.8, 100_000, 1e-12),
        (1024 / 67349, 0.5253, 150, 1e-5), (1, 0.3, 1_000_000, 1e-12), (1, 100, 1, 1e-3), (1e-7, 0.3, 1, 1e-12),
        (1e-7, 0.3, 1_000_000, 1e-12), (1e-7, 100, 1_000_000, 1e-3), (1, 100, 1_000_000, 1e-12)]
    grid = list(itertools.product(
        [1e-7, 1e-6, 1e-5, 3e-5, 1e-4, 2e-4, 1e-3, 1e-2, 0.1, 0.5, 1],
        [0.3, 0.4, 0.5, 0.7, 1, 2, 5, 20, 100],
        [1, 10, 100, 1000, 10_000, 100_000, 1_000_000],
        [1e-3, 1e-5, 1e-7, 1e-8, 1e-10, 1e-12]))
    random.Random(13).shuffle(grid)
    yield from grid


def row(setting):
    q, z, steps, delta = setting
    start = time.perf_counter()
    if not 2e-3 < Direction(q, z, steps, True).estimate(delta) < 1e5 and setting not in list(itertools.islice(settings(), 11)):
        return None  # nearly all of these are 0, or an epsilon nobody would quote
    try:
        lower, upper, direction = bracket(*setting)
    except (MemoryError, ArithmeticError) as e:
        print(setting, "left out:", e, flush=True)
        return None
    return [repr(q), repr(z), steps, repr(delta), f"{lower:.9g}", f"{upper:.9g}", direction,
            f"{time.perf_counter() - start:.1f}"]


def check():
    """Against 40-digit quadrature of K, and closed forms at q = 1 and at one draw."""
    import mpmath
    mpmath.mp.dps = 40
    lines = [(3e-5, 0.6, True, 5.75, 2e-3, 6.0), (0.01, 1, True, 6.0, 5e-3, 8.0), (0.01, 1, False, 10.0, 5e-3, 8.0),
             (0.1, 5, True, 2.0, 0.05, 30.0), (1e-7, 0.3, True, 2.0, 0.02, 20.0)]
    for (q, z, removing, c, width, period), real in itertools.product(lines, (np.float64, np.longdouble)):
        direction = Direction(q, z, 1, removing)
        losses, log_weight = direction.quadrature(c, (BETA + 2) / width, real)
        modes = int((BETA + 2) / width * period / (2 * math.pi))
        phi = spread_transform(losses, np.exp(log_weight - direction.log_moment(c, real)), period, modes)
        low, high = direction.span(c)
        def moment(s):
            def f(x):
                r = 1 - mpmath.mpf(q) + mpmath.mpf(q) * mpmath.exp((2 * x - 1) / (2 * mpmath.mpf(z) ** 2))
                return mpmath.exp(-x * x / (2 * mpmath.mpf(z) ** 2)) * r ** direction.power(s)
            return mpmath.quad(f, mpmath.linspace(low, high, 60)) / (z * mpmath.sqrt(2 * mpmath.pi))
        at = moment(mpmath.mpf(c))
        errors = []
        for n in (0, 1, 3, 10, 50, modes // 40):
            exact = moment(mpmath.mpc(c, 2 * mpmath.pi * n / mpmath.mpf(period))) / at
            parts = [abs(real(mpmath.nstr(e, 30)) - g) for e, g in ((exact.real, phi[n].real), (exact.imag, phi[n].imag))]
            errors.append(float(max(parts)))
        print(f"K at q={q} z={z} removing={removing} {real.__name__}: errors", " ".join(f"{e:.1e}" for e in errors))
        assert 1.5 * max(errors) < MOMENT_ERROR[real]
    for z, steps, delta in [(2, 10, 1e-5), (0.3, 1, 1e-12), (100, 1_000_000, 1e-8), (5, 1, 1e-3)]:
        mu = math.sqrt(steps) / z
        exact = optimize.brentq(lambda e: special.log_ndtr(mu / 2 - e / mu) + np.log1p(-np.exp(
            e + special.log_ndtr(-mu / 2 - e / mu) - special.log_ndtr(mu / 2 - e / mu))) - math.log(delta),
            0, 40 * mu + mu * mu)
        lower, upper, _ = bracket(1, z, steps, delta)
        print(f"Gaussian z={z} T={steps} delta={delta}: {lower:.7g} <= {exact:.7g} <= {upper:.7g}")
        assert lower <= exact <= upper
    for q, z, delta in [(0.01, 1, 1e-5), (0.5, 0.3, 1e-12), (1e-4, 0.5, 1e-7)]:
        def excess(e):  # remove: the mixture against N(0, z^2), above the x where log r(x) = e
            x = z * z * math.log((math.exp(e) - 1 + q) / q) + 0.5
            near = special.ndtr(-x / z)
            return q * special.ndtr((1 - x) / z) - (math.expm1(e) + q) * near - delta
        exact = optimize.brentq(excess, 1e-9, 300, xtol=1e-13)
        lower, upper, _ = bracket(q, z, 1, delta)
        print(f"one draw q={q} z={z} delta={delta}: {lower:.7g} <= {exact:.7g} <= {upper:.7g}")
        assert lower <= exact <= upper


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", help="CSV to write")
    parser.add_argument("--count", type=int, default=300, help="how many settings to try")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.check:
        check()
        return
    columns = ["q", "z", "steps", "delta", "lower", "upper", "direction", "seconds"]
    with open(arguments.out, "w", newline="") as file, \
            concurrent.futures.ProcessPoolExecutor(arguments.workers) as pool:
        writer = csv.writer(file)
        writer.writerow(columns)
        jobs = [pool.submit(row, setting) for setting in itertools.islice(settings(), arguments.count)]
        for job in concurrent.futures.as_completed(jobs):
            line = job.result()
            if line:
                writer.writerow(line)
                file.flush()


if __name__ == "__main__":
    main()
