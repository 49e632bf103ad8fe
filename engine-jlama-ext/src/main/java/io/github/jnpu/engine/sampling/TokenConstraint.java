package io.github.jnpu.engine.sampling;

/** Which tokens may come next in one text. For one thread. */
public interface TokenConstraint {

    /** Whether this token may come next; much cheaper than {@link #mask()} where that is not known yet. */
    boolean allows(int token);

    /** All tokens that may come next; never empty. */
    TokenMask mask();

    /** Whether {@link #mask()} is at hand. */
    boolean isMaskKnown();

    /**
     * Goes on behind a token.
     *
     * @throws IllegalArgumentException
     *             if it may not come here
     */
    void accept(int token);
}
