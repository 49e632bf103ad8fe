package io.github.jnpu.engine.placement;

import io.github.jnpu.engine.backend.BackendException;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.Encoder;
import io.github.jnpu.engine.backend.Stage;
import io.github.jnpu.engine.backend.Suitability;
import io.github.jnpu.engine.placement.Placement.Rejection;
import io.github.jnpu.engine.placement.PlacementReport.StageReport;
import io.github.jnpu.engine.placement.TargetResolver.Resolution;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * An encoder on the device that suits it: chosen, compared with the CPU's vectors, measured and, if it fails, replaced, as {@link Deployment} and
 * {@link PlacedDecoder} do it for decoders. Texts have no past, so a device that fails costs the batch that it had. Thread-safe.
 */
public final class PlacedEncoder implements Encoder {
    private static final Logger LOGGER = System.getLogger(PlacedEncoder.class.getName());
    /** Cosine of a vector with the CPU's. Rounding to 8 bits keeps it above 0.999. */
    private static final double LEAST_COSINE = 0.99;
    private static final int CHECKED_TOKENS = 12;
    private static final int MEASURED_TOKENS = 64;
    private static final int MEASURED_TEXTS = 4;
    private static final int ROUNDS = 3;

    /** What is to be placed. */
    public interface Network {
        /** How well a backend can run it. */
        Suitability suitability(ComputeBackend backend);

        /**
         * @throws BackendException
         *             if the device refuses
         */
        Encoder compile(ComputeBackend backend);
    }

    private record Placed(ComputeBackend backend, Encoder encoder, String reason, Optional<String> selfCheck) {}

    private final String model;
    private final Network network;
    private final StageWish wish;
    private final boolean strict;
    private final TargetResolver resolver;
    private final Set<String> warnings = new LinkedHashSet<>();
    private final Map<String, Rejection> rejections = new LinkedHashMap<>();
    private final StageActivity activity = new StageActivity();
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private Placed placed;

    /**
     * Chooses and compiles.
     *
     * @param model
     *            its name, for messages
     * @throws BackendException
     *             if a wish names something that does not exist, if it is strict and cannot be met, or if nothing can run the network
     */
    public PlacedEncoder(String model, Network network, PlacementWish wish) {
        this(model, network, wish, new TargetResolver());
    }

    PlacedEncoder(String model, Network network, PlacementWish wish, TargetResolver resolver) {
        this.model = model;
        this.network = network;
        this.wish = wish.of(Stage.EMBED);
        this.strict = wish.strict();
        this.resolver = resolver;
        this.placed = place();
    }

    private Placed place() {
        while (true) {
            Placed candidate = choose();
            if (candidate.encoder() != null) {
                LOGGER.log(Level.INFO, "model ''{0}'': embed on {1}, {2}{3}", model, candidate.backend().target(),
                        candidate.backend().device(), rejections.isEmpty()
                                ? ""
                                : " (not " + TargetResolver.describe(rejections.values()) + ")");
                return candidate;
            }
        }
    }

    /** Without an encoder if the device that was chosen did not prove itself, and has been left out. */
    private Placed choose() {
        List<String> complaints = new ArrayList<>();
        for (StageWish.Split split : wish.alternatives()) {
            if (split.shares().size() > 1) {
                throw new BackendException("'%s': a network for embeddings is not divided".formatted(split));
            }
            Target target = split.shares().getFirst().target();
            Resolution resolution = resolve(target);
            if (resolution.backend().isPresent()) {
                return prove(resolution.backend().get(), wish.isAuto()
                        ? "the best that can run it"
                        : "it was asked for");
            }
            complaints.add(resolver.complaint(target, resolution.rejections()));
        }
        if (!wish.isAuto()) {
            String complaint = String.join("; ", complaints);
            if (strict) {
                throw new BackendException(complaint);
            }
            warn("%s; embed runs elsewhere".formatted(complaint));
            Optional<ComputeBackend> other = resolve(Target.AUTO).backend();
            if (other.isPresent()) {
                return prove(other.get(), "what was asked for cannot run it");
            }
        }
        throw new BackendException("no backend can run this model: " + TargetResolver.describe(rejections.values()));
    }

    private void warn(String warning) {
        if (warnings.add(warning)) {
            LOGGER.log(Level.WARNING, "model ''{0}'': {1}", model, warning);
        }
    }

    private Resolution resolve(Target target) {
        Resolution resolution = resolver.resolve(target, Stage.EMBED, network::suitability);
        resolution.rejections().forEach(rejection -> rejections.put(rejection.backend(), rejection));
        return resolution;
    }

    private Placed prove(ComputeBackend backend, String reason) {
        Encoder encoder = null;
        try {
            encoder = network.compile(backend);
            return new Placed(backend, encoder, reason, backend.needsSelfCheck()
                    ? compare(backend, encoder)
                    : Optional.empty());
        } catch (BackendException e) {
            if (encoder != null) {
                encoder.close();
            }
            if (!backend.needsSelfCheck() || strict && !wish.isAuto()) {
                throw e;
            }
            // Where a wish stays unmet, the next choice has a warning with this reason.
            LOGGER.log(Level.INFO, "model ''{0}'' does not run on {1} (embed): {2}", model, backend.target(), e
                    .getMessage());
            resolver.exclude(Stage.EMBED, backend.target(), e.getMessage());
            return new Placed(backend, null, reason, Optional.empty());
        } catch (RuntimeException | Error e) {
            if (encoder != null) {
                encoder.close();
            }
            throw e;
        }
    }

    /** With jnpu's own code; or, where that cannot run the network, with the same library on the CPU. */
    private Optional<String> compare(ComputeBackend backend, Encoder encoder) {
        Optional<ComputeBackend> reference = resolver.own(network::suitability)
                .or(() -> resolver.resolve(Target.parse("cpu"), Stage.EMBED, network::suitability).backend())
                .filter(other -> other != backend);
        if (reference.isEmpty()) {
            return Optional.empty();
        }
        try (Encoder own = network.compile(reference.get())) {
            double cosine = cosine(own.encode(List.of(text(own, CHECKED_TOKENS)))[0],
                    encoder.encode(List.of(text(own, CHECKED_TOKENS)))[0]);
            String verdict = String.format(Locale.ROOT, "cosine %.5f with the vector of '%s'", cosine, reference.get()
                    .target());
            if (!(cosine >= LEAST_COSINE)) {
                throw new BackendException("%s, less than %s".formatted(verdict, LEAST_COSINE));
            }
            if (wish.isAuto()) {
                double there = tokensPerSecond(encoder);
                double here = tokensPerSecond(own);
                if (there < here) {
                    throw new BackendException(String.format(Locale.ROOT,
                            "the CPU is faster: %.0f tokens/s against %.0f", here, there));
                }
            }
            return Optional.of(verdict);
        }
    }

    /** Small ids, which every vocabulary has. */
    private static int[] text(Encoder encoder, int wanted) {
        int[] ids = new int[Math.min(wanted, encoder.maxTokens())];
        Arrays.setAll(ids, i -> 1 + i % 5);
        return ids;
    }

    /** Of two single numbers it would be the sign only: for them, how little they differ. */
    private static double cosine(float[] left, float[] right) {
        if (left.length == 1) {
            return 1 - Math.abs(left[0] - right[0]) / Math.max(1, Math.abs(left[0]));
        }
        double product = 0;
        double leftSquares = 0;
        double rightSquares = 0;
        for (int i = 0; i < left.length; i++) {
            product += (double) left[i] * right[i];
            leftSquares += (double) left[i] * left[i];
            rightSquares += (double) right[i] * right[i];
        }
        return product / Math.sqrt(leftSquares * rightSquares);
    }

    private static double tokensPerSecond(Encoder encoder) {
        int[] text = text(encoder, MEASURED_TOKENS);
        List<int[]> texts = Collections.nCopies(MEASURED_TEXTS, text);
        encoder.encode(texts);
        double best = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            encoder.encode(texts);
            best = Math.max(best, MEASURED_TEXTS * text.length * 1e9 / (System.nanoTime() - start));
        }
        return best;
    }

    @Override
    public float[][] encode(List<int[]> texts) {
        while (true) {
            BackendException failure;
            lock.readLock().lock();
            Placed current = placed;
            try {
                long start = System.nanoTime();
                float[][] vectors = current.encoder().encode(texts);
                count(texts.stream().mapToInt(text -> text.length).sum(), System.nanoTime() - start);
                return vectors;
            } catch (BackendException e) {
                failure = e;
            } finally {
                lock.readLock().unlock();
            }
            replace(current, failure);
        }
    }

    private void count(int tokens, long nanos) {
        synchronized (activity) {
            activity.ran(tokens, nanos);
        }
    }

    /** Waits until nobody uses what has failed. */
    private void replace(Placed failed, BackendException failure) {
        lock.writeLock().lock();
        try {
            if (placed != failed) {
                return;
            }
            if (strict || !failed.backend().needsSelfCheck()) {
                throw failure;
            }
            String reason = "failed while it ran: " + failure.getMessage();
            SetAside.add(failed.backend().target(), reason);
            placed = place();
            warn("%s %s; embed goes on on %s".formatted(failed.backend().target(), reason, placed.backend().target()));
            try {
                failed.encoder().close();
            } catch (BackendException e) {
                LOGGER.log(Level.WARNING, "{0}: {1}", failed.backend().target(), e.getMessage());
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    private Placed current() {
        lock.readLock().lock();
        try {
            return placed;
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Where it runs, for people. */
    public String device() {
        return current().backend().device();
    }

    /** What runs it now, and why nothing else does. */
    public PlacementReport report() {
        lock.readLock().lock();
        try {
            ComputeBackend backend = placed.backend();
            return new PlacementReport(List.of(new StageReport(Stage.EMBED, backend.target(), backend.device(), backend
                    .deviceId(), backend.acceleration().name(), placed.reason(), "", Optional.empty(),
                    placed
                            .selfCheck(),
                    0, activity.tokens(), activity.tokensPerSecond(), 0, 0, 0,
                    rejections.values().stream().filter(rejection -> !rejection.backend().equals(backend.target()))
                            .toList())),
                    List.copyOf(warnings));
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public int width() {
        return current().encoder().width();
    }

    @Override
    public int maxTokens() {
        return current().encoder().maxTokens();
    }

    @Override
    public int batchTokens() {
        return current().encoder().batchTokens();
    }

    @Override
    public void close() {
        current().encoder().close();
    }
}
