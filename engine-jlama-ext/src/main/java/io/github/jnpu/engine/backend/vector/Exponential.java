package io.github.jnpu.engine.backend.vector;

/**
 * The constants of exp by Cody and Waite's reduction and Taylor's polynomial, exact to 2 units in the last place. The Vector API
 * has EXP, but the interpreter and the compiled code round it differently, so a text could change while the JVM warms up. The
 * steps stand in each kernel: a method that takes a vector could box it.
 */
final class Exponential {
    static final float LOG2_E = 1.442695f;
    static final float LN2_HIGH = 0.693359375f;
    static final float LN2_LOW = -2.12194440e-4f;
    /** Adding and subtracting it rounds to a whole number. */
    static final float ROUNDING = 0x1.8p23f;
    static final float TERM_3 = 1 / 6f;
    static final float TERM_4 = 1 / 24f;
    static final float TERM_5 = 1 / 120f;
    static final float TERM_6 = 1 / 720f;
    /** Within these, 2^n is a normal float. */
    static final float MIN = -87;
    static final float MAX = 88;

    private Exponential() {}
}
