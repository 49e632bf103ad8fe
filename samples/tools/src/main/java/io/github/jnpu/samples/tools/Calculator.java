package io.github.jnpu.samples.tools;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;

import java.math.BigDecimal;
import java.math.MathContext;

/** The four operations, brackets and decimals. */
public final class Calculator {
    private static final int MAX_LENGTH = 200;

    @Tool("Calculates an arithmetic expression")
    public String calculate(@P("The expression, for example 2 * (3 + 4)") String expression) {
        if (expression.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("the expression has more than %d characters".formatted(MAX_LENGTH));
        }
        return new Reader(expression.replaceAll("\\s", "").replace('×', '*').replace('÷', '/')).whole()
                .stripTrailingZeros().toPlainString();
    }

    /** Reads one expression from left to right; {@code at} is the next character. */
    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        BigDecimal whole() {
            BigDecimal value = sum();
            if (at < text.length()) {
                throw unexpected();
            }
            return value;
        }

        private BigDecimal sum() {
            BigDecimal value = product();
            while (next('+') || next('-')) {
                BigDecimal right = text.charAt(at++) == '+' ? product() : product().negate();
                value = value.add(right);
            }
            return value;
        }

        private BigDecimal product() {
            BigDecimal value = factor();
            while (next('*') || next('/')) {
                value = text.charAt(at++) == '*'
                        ? value.multiply(factor())
                        : value.divide(factor(), MathContext.DECIMAL64);
            }
            return value;
        }

        private BigDecimal factor() {
            if (next('-')) {
                at++;
                return factor().negate();
            }
            if (next('(')) {
                at++;
                BigDecimal value = sum();
                if (!next(')')) {
                    throw unexpected();
                }
                at++;
                return value;
            }
            int start = at;
            while (at < text.length() && (Character.isDigit(text.charAt(at)) || text.charAt(at) == '.')) {
                at++;
            }
            try {
                return new BigDecimal(text.substring(start, at));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("a number is missing at '%s'".formatted(text.substring(start)), e);
            }
        }

        private boolean next(char expected) {
            return at < text.length() && text.charAt(at) == expected;
        }

        private IllegalArgumentException unexpected() {
            return new IllegalArgumentException("the expression cannot be read at '%s'".formatted(text.substring(at)));
        }
    }
}
