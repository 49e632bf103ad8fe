package io.github.jnpu.engine.grammar;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The decimal spellings of the numbers between two bounds: without exponent, leading zeros or a negative zero.
 *
 * @param low
 *            the lower bound; empty for none
 * @param high
 *            the upper bound; empty for none
 * @param fractionDigits
 *            digits behind the point at most; 0 for whole numbers
 */
record NumberRange(Optional<Bound> low, Optional<Bound> high, int fractionDigits) {

    record Bound(BigDecimal value, boolean inclusive) {
        Bound negated() {
            return new Bound(value.negate(), inclusive);
        }
    }

    /** {@link Expression#NOTHING} where no number lies between. */
    Expression expression() {
        Expression negative = Expression.NOTHING;
        if (low.isEmpty() || low.get().value.signum() < 0) {
            // Zero itself is spelled without a sign.
            Bound least = high.filter(bound -> bound.value.signum() < 0).map(Bound::negated).orElse(new Bound(
                    BigDecimal.ZERO, false));
            negative = Expression.sequence(Expression.text("-"), positive(least, most(low.map(Bound::negated), least)));
        }
        Expression positive = Expression.NOTHING;
        if (high.isEmpty() || high.get().value.signum() >= 0) {
            Bound least = low.filter(bound -> bound.value.signum() >= 0).orElse(new Bound(BigDecimal.ZERO, true));
            positive = positive(least, most(high, least));
        }
        return Expression.choice(negative, positive);
    }

    /** Where nobody set one: a number with one digit more than the least, and with sixteen at least. */
    private static Bound most(Optional<Bound> bound, Bound least) {
        int digits = Math.max(JsonText.MAX_DIGITS, least.value.toBigInteger().toString().length() + 1);
        return bound.orElse(new Bound(new BigDecimal(BigInteger.TEN.pow(digits)), false));
    }

    /** From {@code from} to {@code to}, neither of them negative. */
    private Expression positive(Bound from, Bound to) {
        BigInteger first = from.value.toBigInteger();
        BigInteger last = to.value.toBigInteger();
        if (first.compareTo(last) > 0) {
            return Expression.NOTHING;
        }
        int[] low = fraction(from.value);
        int[] high = fraction(to.value);
        if (first.equals(last)) {
            return Expression.sequence(Expression.text(first.toString()), point(new Fraction(low, from.inclusive, high,
                    to.inclusive)));
        }
        List<Expression> parts = new ArrayList<>();
        parts.add(Expression.sequence(Expression.text(first.toString()), point(new Fraction(low, from.inclusive, null,
                true))));
        parts.add(Expression.sequence(whole(first.add(BigInteger.ONE), last.subtract(BigInteger.ONE)), point(
                new Fraction(null, true, null, true))));
        parts.add(Expression.sequence(Expression.text(last.toString()), point(new Fraction(null, true, high,
                to.inclusive))));
        return Expression.choice(parts);
    }

    /** The digits behind the point, without zeros at the end. */
    private static int[] fraction(BigDecimal value) {
        BigDecimal rest = value.subtract(value.setScale(0, RoundingMode.DOWN)).stripTrailingZeros();
        if (rest.signum() == 0) {
            return new int[0];
        }
        return rest.toPlainString().substring(2).chars().map(digit -> digit - '0').toArray();
    }

    private Expression point(Fraction fraction) {
        Expression none = fraction.endsWell(0, true, true) ? Expression.EMPTY : Expression.NOTHING;
        Expression some = fractionDigits == 0
                ? Expression.NOTHING
                : Expression.sequence(Expression.text("."), fraction.digits(0, true, true, fractionDigits));
        return Expression.choice(none, some);
    }

    /** What may stand behind the point, between two fractions; null for a bound that is not there. */
    private record Fraction(int[] low, boolean lowInclusive, int[] high, boolean highInclusive) {

        /**
         * At least one digit more.
         *
         * @param atLow
         *            whether the digits so far are those of the lower bound
         */
        Expression digits(int place, boolean atLow, boolean atHigh, int left) {
            boolean tightLow = atLow && low != null;
            boolean tightHigh = atHigh && high != null;
            if (left == 0) {
                return Expression.NOTHING;
            }
            if (!tightLow && !tightHigh) {
                return Expression.repeat(JsonText.DIGIT, 1, left);
            }
            // Behind all digits of an inclusive lower bound everything is large enough.
            if (!tightHigh && place >= low.length && lowInclusive) {
                return Expression.repeat(JsonText.DIGIT, 1, left);
            }
            List<Expression> alternatives = new ArrayList<>();
            for (int digit = 0; digit <= 9; digit++) {
                int least = tightLow ? digitAt(low, place) : 0;
                int most = tightHigh ? digitAt(high, place) : 9;
                if (digit < least || digit > most) {
                    continue;
                }
                boolean stillLow = tightLow && digit == least;
                boolean stillHigh = tightHigh && digit == most;
                Expression more = digits(place + 1, stillLow, stillHigh, left - 1);
                Expression tail = endsWell(place + 1, stillLow, stillHigh)
                        ? Expression.optional(more)
                        : more;
                alternatives.add(Expression.sequence(Expression.text(Integer.toString(digit)), tail));
            }
            return Expression.choice(alternatives);
        }

        private static int digitAt(int[] digits, int place) {
            return place < digits.length ? digits[place] : 0;
        }

        /** Whether the number may end with {@code place} digits behind the point. */
        boolean endsWell(int place, boolean atLow, boolean atHigh) {
            boolean largeEnough = !atLow || low == null || place >= low.length && lowInclusive;
            boolean smallEnough = !atHigh || high == null || place < high.length || highInclusive;
            return largeEnough && smallEnough;
        }
    }

    /** The whole numbers from {@code from} to {@code to}, both included, neither of them negative. */
    static Expression whole(BigInteger from, BigInteger to) {
        if (from.compareTo(to) > 0) {
            return Expression.NOTHING;
        }
        List<Expression> parts = new ArrayList<>();
        BigInteger first = from;
        while (first.compareTo(to) <= 0) {
            int length = first.toString().length();
            BigInteger last = BigInteger.TEN.pow(length).subtract(BigInteger.ONE).min(to);
            parts.add(sameLength(first.toString(), last.toString()));
            first = last.add(BigInteger.ONE);
        }
        return Expression.choice(parts);
    }

    private static Expression sameLength(String from, String to) {
        if (from.isEmpty()) {
            return Expression.EMPTY;
        }
        char first = from.charAt(0);
        char last = to.charAt(0);
        int rest = from.length() - 1;
        if (from.substring(1).equals("0".repeat(rest)) && to.substring(1).equals("9".repeat(rest))) {
            return Expression.sequence(digitBetween(first, last), Expression.repeat(JsonText.DIGIT, rest, rest));
        }
        if (first == last) {
            return Expression.sequence(Expression.text(from.substring(0, 1)), sameLength(from.substring(1), to
                    .substring(1)));
        }
        List<Expression> parts = new ArrayList<>();
        parts.add(Expression.sequence(digitBetween(first, first), sameLength(from.substring(1), "9".repeat(rest))));
        if (first + 1 < last) {
            parts.add(Expression.sequence(digitBetween((char) (first + 1), (char) (last - 1)), Expression.repeat(
                    JsonText.DIGIT,
                    rest, rest)));
        }
        parts.add(Expression.sequence(digitBetween(last, last), sameLength("0".repeat(rest), to.substring(1))));
        return Expression.choice(parts);
    }

    private static Expression digitBetween(char first, char last) {
        return Expression.character(CharacterSet.range(first, last));
    }
}
