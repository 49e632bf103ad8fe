package io.github.jnpu.engine.chat.gotemplate;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Locale;
import java.util.Optional;

/** Numbers as Go reads and writes them. */
final class GoNumbers {
    private GoNumbers() {}

    /** A constant: a {@code Double} where it is written with a point or an exponent, else a {@code Long}. */
    static Optional<Object> parse(String text) {
        String digits = text.replace("_", "");
        boolean negative = digits.startsWith("-");
        String plain = negative || digits.startsWith("+") ? digits.substring(1) : digits;
        try {
            String lower = plain.toLowerCase(Locale.ROOT);
            if (lower.startsWith("0x") && lower.indexOf('p') < 0 || lower.startsWith("0b") || lower.startsWith("0o")) {
                int radix = switch (lower.charAt(1)) {
                    case 'x' -> 16;
                    case 'b' -> 2;
                    default -> 8;
                };
                return whole(new BigInteger(lower.substring(2), radix), negative);
            }
            if (plain.chars().allMatch(c -> c >= '0' && c <= '9') && !plain.isEmpty()) {
                boolean octal = plain.length() > 1 && plain.startsWith("0");
                return whole(new BigInteger(plain, octal ? 8 : 10), negative);
            }
            if (lower.isEmpty() || lower.length() > 400 || !(lower.charAt(0) == '.' || Character.isDigit(lower.charAt(
                    0))) || lower.endsWith("f") && !lower.startsWith("0x")
                    || lower.endsWith("d") && !lower.startsWith("0x")) {
                return Optional.empty();
            }
            double value = Double.parseDouble(digits);
            return Double.isInfinite(value) ? Optional.empty() : Optional.of(value);
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static Optional<Object> whole(BigInteger magnitude, boolean negative) {
        BigInteger value = negative ? magnitude.negate() : magnitude;
        return value.bitLength() < 64 ? Optional.of(value.longValue()) : Optional.empty();
    }

    /** As {@code %v} writes a {@code float64}: the shortest digits that read back, with an exponent for a million and more. */
    static String format(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "+Inf" : "-Inf";
        }
        int exponent = exponent(value);
        return exponent < -4 || exponent >= 6 ? scientific(value, "e", 2) : plain(value);
    }

    /** As {@code encoding/json} writes one; not for infinities. */
    static String json(double value) {
        double magnitude = Math.abs(value);
        return magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21) ? scientific(value, "e", 1) : plain(value);
    }

    private static String sign(double value) {
        return value < 0 || 1 / value < 0 ? "-" : "";
    }

    private static BigDecimal digits(double value) {
        return new BigDecimal(Double.toString(Math.abs(value))).stripTrailingZeros();
    }

    private static int exponent(double value) {
        BigDecimal digits = digits(value);
        return digits.signum() == 0 ? 0 : digits.precision() - digits.scale() - 1;
    }

    private static String plain(double value) {
        return sign(value) + digits(value).toPlainString();
    }

    private static String scientific(double value, String letter, int minimumDigits) {
        BigDecimal digits = digits(value);
        String figures = digits.unscaledValue().toString();
        int exponent = exponent(value);
        StringBuilder out = new StringBuilder(sign(value)).append(figures.charAt(0));
        if (figures.length() > 1) {
            out.append('.').append(figures, 1, figures.length());
        }
        String power = Integer.toString(Math.abs(exponent));
        return out.append(letter).append(exponent < 0 ? '-' : '+').append("0".repeat(Math.max(0, minimumDigits - power
                .length()))).append(power).toString();
    }
}
