package io.github.jnpu.engine.store;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The SHA-256 of a blob, which is its name in the store and at a registry.
 *
 * @param hex
 *            64 hexadecimal digits in lower case, so that it is safe as a file name
 */
public record Digest(String hex) {
    private static final String PREFIX = "sha256";
    private static final int SHORT_LENGTH = 12;

    public Digest {
        if (!isHex(hex)) {
            throw new IllegalArgumentException(
                    "a digest is 64 hexadecimal digits in lower case, not '%s'".formatted(hex));
        }
    }

    private static boolean isHex(String hex) {
        return hex.length() == 64
                && hex.chars().allMatch(c -> c >= '0' && c <= '9' || c >= 'a' && c <= 'f');
    }

    /** Reads {@code sha256:HEX}, or {@code sha256-HEX} as in file names; empty for anything else, such as capital letters. */
    public static Optional<Digest> parse(String text) {
        boolean prefixed = text.startsWith(PREFIX) && text.length() == PREFIX.length() + 65
                && (text.charAt(PREFIX.length()) == ':' || text.charAt(PREFIX.length()) == '-');
        String hex = prefixed ? text.substring(PREFIX.length() + 1) : "";
        return isHex(hex) ? Optional.of(new Digest(hex)) : Optional.empty();
    }

    /** That of some bytes. */
    public static Digest of(byte[] bytes) {
        return new Digest(HexFormat.of().formatHex(sha256().digest(bytes)));
    }

    /** A finished hash. */
    static Digest finished(MessageDigest hash) {
        return new Digest(HexFormat.of().formatHex(hash.digest()));
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Its first twelve digits, as people see it. */
    public String shortHex() {
        return hex.substring(0, SHORT_LENGTH);
    }

    String fileName() {
        return PREFIX + "-" + hex;
    }

    @Override
    public String toString() {
        return PREFIX + ":" + hex;
    }
}
