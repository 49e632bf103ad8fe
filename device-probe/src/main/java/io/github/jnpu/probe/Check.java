package io.github.jnpu.probe;

import java.util.Objects;

/**
 * Something that must hold before a device or runtime can be used.
 *
 * @param name
 *            what was looked at, in a word or two: {@code kernel driver}, {@code permission}
 * @param status
 *            how it went
 * @param evidence
 *            what was seen, with the path or key it was seen at: {@code /dev/accel/accel0 is crw-rw---- root:render; uid 1000 is
 *            not in group render}
 * @param remedy
 *            what a person can do about it, as a command where there is one; empty unless it failed
 */
public record Check(String name, Status status, String evidence, String remedy) {
    /** What a check found. */
    public enum Status {
        PASSED, FAILED,
        /** It could not be found out; the evidence says why. */
        UNKNOWN
    }

    public Check {
        name = Texts.name(name);
        Objects.requireNonNull(status);
        evidence = Texts.sentence(evidence);
        remedy = Texts.sentence(remedy);
        if (status != Status.FAILED && !remedy.isEmpty()) {
            throw new IllegalArgumentException("A remedy for '%s', which did not fail".formatted(name));
        }
    }

    public static Check passed(String name, String evidence) {
        return new Check(name, Status.PASSED, evidence, "");
    }

    public static Check failed(String name, String evidence, String remedy) {
        return new Check(name, Status.FAILED, evidence, remedy);
    }

    public static Check unknown(String name, String evidence) {
        return new Check(name, Status.UNKNOWN, evidence, "");
    }
}
