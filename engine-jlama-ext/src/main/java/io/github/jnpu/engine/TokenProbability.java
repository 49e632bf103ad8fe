package io.github.jnpu.engine;

/**
 * A token and how likely the model held it to be.
 *
 * @param text
 *            what it stands for by itself; empty for control tokens, and bytes that are no whole character are U+FFFD
 * @param logprob
 *            the natural logarithm of its probability, at most 0, before penalties, temperature and grammar
 */
public record TokenProbability(int id, String text, double logprob) {}
