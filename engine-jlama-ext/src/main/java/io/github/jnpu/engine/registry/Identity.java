package io.github.jnpu.engine.registry;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;

/**
 * The key that this user signs with at registries: an Ed25519 key in OpenSSH's format, the same file that Ollama uses. Thread-safe.
 */
final class Identity {
    private static final String BEGIN = "-----BEGIN OPENSSH PRIVATE KEY-----";
    private static final String END = "-----END OPENSSH PRIVATE KEY-----";
    private static final byte[] MAGIC = "openssh-key-v1\0".getBytes(StandardCharsets.US_ASCII);
    private static final String TYPE = "ssh-ed25519";
    private static final int KEY_BYTES = 32;
    private static final int MAX_FILE_BYTES = 16 << 10;

    private final byte[] publicKey;
    private final PrivateKey privateKey;

    private Identity(byte[] seed, byte[] publicKey) {
        this.publicKey = publicKey;
        try {
            this.privateKey = KeyFactory.getInstance("Ed25519")
                    .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no Ed25519", e);
        }
    }

    /** {@code ~/.ollama/id_ed25519}. */
    static Path ofUser() {
        return Path.of(System.getProperty("user.home"), ".ollama", "id_ed25519");
    }

    /** Reads a key; empty if there is no such file. */
    static Optional<Identity> read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new IllegalArgumentException("too long");
            }
            String text = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
            if (!text.startsWith(BEGIN) || !text.endsWith(END)) {
                throw new IllegalArgumentException("no private key of OpenSSH");
            }
            String base64 = text.substring(BEGIN.length(), text.length() - END.length());
            return Optional.of(parse(ByteBuffer.wrap(Base64.getMimeDecoder().decode(base64))));
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            throw new RegistryException(
                    "%s cannot be used: %s; it has to be an Ed25519 key without a password".formatted(
                            file, e.getMessage() == null ? "too short" : e.getMessage()),
                    e);
        }
    }

    /** PROTOCOL.key of OpenSSH. */
    private static Identity parse(ByteBuffer key) {
        byte[] magic = new byte[MAGIC.length];
        key.get(magic);
        if (!Arrays.equals(magic, MAGIC)) {
            throw new IllegalArgumentException("of another format");
        }
        if (!text(key).equals("none") || !text(key).equals("none")) {
            throw new IllegalArgumentException("encrypted");
        }
        bytes(key);
        if (key.getInt() != 1) {
            throw new IllegalArgumentException("not exactly one key");
        }
        bytes(key);
        ByteBuffer secret = ByteBuffer.wrap(bytes(key));
        if (secret.getInt() != secret.getInt() || !text(secret).equals(TYPE)) {
            throw new IllegalArgumentException("of another type");
        }
        byte[] publicKey = bytes(secret);
        byte[] pair = bytes(secret);
        if (publicKey.length != KEY_BYTES || pair.length != 2 * KEY_BYTES) {
            throw new IllegalArgumentException("of a wrong length");
        }
        return new Identity(Arrays.copyOf(pair, KEY_BYTES), publicKey);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        int length = buffer.getInt();
        if (length < 0 || length > buffer.remaining()) {
            throw new IllegalArgumentException("damaged");
        }
        byte[] bytes = new byte[length];
        buffer.get(bytes);
        return bytes;
    }

    private static String text(ByteBuffer buffer) {
        return new String(bytes(buffer), StandardCharsets.US_ASCII);
    }

    /** Reads a key, or makes one if there is none; only its owner may read it. */
    static Identity readOrCreate(Path file) throws IOException {
        Optional<Identity> existing = read(file);
        if (existing.isPresent()) {
            return existing.get();
        }
        Identity made = create(file);
        // Another process may have been faster; its key is the one that stays.
        return read(file).orElse(made);
    }

    private static Identity create(Path file) throws IOException {
        KeyPair pair;
        try {
            pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no Ed25519", e);
        }
        byte[] seed = ((EdECPrivateKey) pair.getPrivate()).getBytes().orElseThrow();
        byte[] encoded = pair.getPublic().getEncoded();
        Identity identity = new Identity(seed, Arrays.copyOfRange(encoded, encoded.length - KEY_BYTES, encoded.length));
        String base64 = Base64.getMimeEncoder(70, new byte[]{'\n'}).encodeToString(identity.file(seed));
        Files.createDirectories(file.getParent());
        Path draft = file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID());
        try {
            if (draft.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createFile(draft,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
            Files.writeString(draft, BEGIN + "\n" + base64 + "\n" + END + "\n");
            try {
                Files.createLink(file, draft);
            } catch (UnsupportedOperationException e) {
                Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (FileAlreadyExistsException e) {
                return identity;
            }
            Files.writeString(file.resolveSibling(file.getFileName() + ".pub"),
                    TYPE + " " + identity.publicKey() + "\n");
        } finally {
            Files.deleteIfExists(draft);
        }
        return identity;
    }

    private byte[] file(byte[] seed) {
        ByteArrayOutputStream secret = new ByteArrayOutputStream();
        byte[] check = new byte[4];
        new SecureRandom().nextBytes(check);
        secret.writeBytes(check);
        secret.writeBytes(check);
        put(secret, TYPE.getBytes(StandardCharsets.US_ASCII));
        put(secret, publicKey);
        byte[] both = Arrays.copyOf(seed, 2 * KEY_BYTES);
        System.arraycopy(publicKey, 0, both, KEY_BYTES, KEY_BYTES);
        put(secret, both);
        put(secret, new byte[0]);
        for (int i = 1; secret.size() % 8 != 0; i++) {
            secret.write(i);
        }
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(MAGIC);
        put(file, "none".getBytes(StandardCharsets.US_ASCII));
        put(file, "none".getBytes(StandardCharsets.US_ASCII));
        put(file, new byte[0]);
        file.writeBytes(new byte[]{0, 0, 0, 1});
        put(file, publicBlob());
        put(file, secret.toByteArray());
        return file.toByteArray();
    }

    private static void put(ByteArrayOutputStream out, byte[] bytes) {
        out.writeBytes(ByteBuffer.allocate(4).putInt(bytes.length).array());
        out.writeBytes(bytes);
    }

    private byte[] publicBlob() {
        ByteArrayOutputStream blob = new ByteArrayOutputStream();
        put(blob, TYPE.getBytes(StandardCharsets.US_ASCII));
        put(blob, publicKey);
        return blob.toByteArray();
    }

    /** The public key in base64, as in {@code authorized_keys}, without its type. */
    String publicKey() {
        return Base64.getEncoder().encodeToString(publicBlob());
    }

    /** The signature of a text, in base64. */
    String sign(String text) {
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(privateKey);
            signature.update(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the key cannot sign", e);
        }
    }
}
