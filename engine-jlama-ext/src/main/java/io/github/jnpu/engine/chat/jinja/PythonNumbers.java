package io.github.jnpu.engine.chat.jinja;

/**
 * Python's numbers: int as Long, float as Double, and truth values, which are the ints 0 and 1. An int beyond 64 bits is an
 * error.
 */
final class PythonNumbers {
    private PythonNumbers() {}

    static boolean isNumber(Object value) {
        return value instanceof Number || value instanceof Boolean;
    }

    static int compare(Object a, Object b) {
        if (wide(a) instanceof Long left && wide(b) instanceof Long right) {
            return left.compareTo(right);
        }
        return Double.compare(asDouble(a) + 0.0, asDouble(b) + 0.0);
    }

    static Object wide(Object value) {
        return value instanceof Boolean flag ? (Object) (flag ? 1L : 0L) : value;
    }

    static double asDouble(Object number) {
        return wide(number) instanceof Number value ? value.doubleValue() : Double.NaN;
    }

    static boolean isInteger(Object value) {
        return value instanceof Long || value instanceof Boolean;
    }

    static long integer(Object value) {
        return wide(value) instanceof Long number ? number : 0L;
    }

    static Object arithmetic(String operator, Object a, Object b) {
        return isInteger(a) && isInteger(b)
                ? integers(operator, integer(a), integer(b))
                : floats(operator, asDouble(a), asDouble(b));
    }

    private static Object integers(String operator, long a, long b) {
        if (b == 0 && (operator.startsWith("/") || operator.equals("%"))) {
            throw new JinjaException("division by zero");
        }
        try {
            return switch (operator) {
                case "+" -> Math.addExact(a, b);
                case "-" -> Math.subtractExact(a, b);
                case "*" -> Math.multiplyExact(a, b);
                case "/" -> (double) a / b;
                case "//" -> Math.floorDivExact(a, b);
                case "%" -> Math.floorMod(a, b);
                default -> b < 0 ? (Object) Math.pow(a, b) : power(a, b);
            };
        } catch (ArithmeticException e) {
            throw new JinjaException("a whole number exceeds 64 bits", e);
        }
    }

    private static long power(long base, long exponent) {
        if (base == 0 || base == 1) {
            return exponent == 0 ? 1 : base;
        }
        if (base == -1) {
            return exponent % 2 == 0 ? 1 : -1;
        }
        long result = 1;
        for (long i = 0; i < exponent; i++) {
            result = Math.multiplyExact(result, base);
        }
        return result;
    }

    private static Object floats(String operator, double a, double b) {
        if (b == 0 && (operator.startsWith("/") || operator.equals("%"))) {
            throw new JinjaException("float division by zero");
        }
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "/" -> a / b;
            case "//" -> Math.floor(a / b);
            case "%" -> {
                double remainder = a % b;
                yield remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
            }
            default -> Math.pow(a, b);
        };
    }
}
