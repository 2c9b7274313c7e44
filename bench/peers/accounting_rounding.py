"""Composes Google's own loss distribution of one release a second time, without cancellation, and prints both deltas.

dp_accounting raises the discrete Fourier transform of the loss of one release to the power T. A delta of 1e-10 is then a
difference of terms near 1 that T products have rounded, each by about 2^-53. Here the same probabilities are first tilted
(multiplied by exp(theta l), theta such that the composed mean is epsilon), so that the part of the law which makes up delta
is of order 1 in the transform, and the tilt is taken back afterwards: the same law, rounded relative to delta.

    PYTHONPATH=differential-privacy/python/dp_accounting python3 bench/peers/accounting_rounding.py 1e-3 0.4 100000 1e-10
"""
import math
import sys

import numpy as np
from dp_accounting.pld import privacy_loss_distribution as pld


def tilted(probabilities, losses, theta):
    """Logarithm of the moment at theta, and mean and variance of the tilted law."""
    top = (theta * losses).max()
    weights = probabilities * np.exp(theta * losses - top)
    total = weights.sum()
    mean = (weights * losses).sum() / total
    return top + math.log(total), mean, (weights * (losses - mean) ** 2).sum() / total


def composed_delta(probabilities, losses, cell, steps, epsilon):
    """Sum over composed losses L above epsilon of P(L) (1 - exp(epsilon - L))."""
    low, high = 0.0, 100.0
    for _ in range(200):
        theta = (low + high) / 2
        low, high = (theta, high) if steps * tilted(probabilities, losses, theta)[1] < epsilon else (low, theta)
    moment, _, variance = tilted(probabilities, losses, theta)
    size = 1 << math.ceil(math.log2((80 * math.sqrt(steps * variance) + 4 * abs(losses).max()) / cell))
    law = np.zeros(size)
    np.add.at(law, np.rint(losses / cell).astype(int) % size, probabilities * np.exp(theta * losses - moment))
    law = np.fft.ifft(np.fft.fft(law) ** steps).real
    centre = round(epsilon / cell)
    composed = ((np.arange(size) - centre + size // 2) % size - size // 2 + centre) * cell
    above = composed > epsilon
    gain = -np.expm1(epsilon - composed[above])
    return (law[above] * np.exp(steps * moment - theta * composed[above]) * gain).sum()


def main():
    q, z, steps, delta = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    one = pld.from_gaussian_mechanism(z, sampling_prob=q, pessimistic_estimate=True)
    many = one.self_compose(steps)
    epsilon = many.get_epsilon_for_delta(delta)
    law = one._pmf_remove.to_dense_pmf()
    losses = (np.arange(len(law._probs)) + law._lower_loss) * law._discretization
    infinite = -math.expm1(steps * math.log1p(-law._infinity_mass))

    def again(at):
        return composed_delta(law._probs, losses, law._discretization, steps, at) + infinite

    print(f"its epsilon at delta {delta:g}: {epsilon:.4f}")
    print(f"delta of the same law there, composed again: {again(epsilon):.5g}")
    low, high = epsilon / 2, epsilon * 2
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if again(middle) > delta else (low, middle)
    print(f"epsilon of the same law, composed again: {high:.4f}")
    for at in (0.99, 1.0, 1.01):
        print(f"at epsilon {at * epsilon:.4f}: its delta less this one {many.get_delta_for_epsilon(at * epsilon) - again(at * epsilon):.3g}"
              f", T 2^-53 = {steps * 2.0**-53:.3g}")


if __name__ == "__main__":
    main()
