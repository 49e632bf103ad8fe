package io.github.jnpu.engine;

import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.grammar.GrammarCache;
import io.github.jnpu.engine.grammar.GrammarCursor;
import io.github.jnpu.engine.sampling.Sampler;
import io.github.jnpu.engine.tokenizer.StreamingDetokenizer;
import io.github.jnpu.engine.tokenizer.Tokenizer;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The one thread that may touch a decoder. Requests wait in a bounded queue and run in their order; the sequence of the
 * last one is kept, so that a prompt that begins the same way skips what is still in the KV cache.
 */
final class GenerationScheduler implements AutoCloseable {
    private static final Logger LOGGER = System.getLogger(GenerationScheduler.class.getName());

    /** As Ollama's OLLAMA_MAX_QUEUE. */
    static final int QUEUE_CAPACITY = 512;
    /**
     * Prompt tokens run in whole tiles, which at 512 bits take 48, and as many at once as take about a second: only between two
     * batches is the cancel flag looked at, and a batch of 192 is 15 % faster than one of 96.
     */
    private static final int PREFILL_TILE = 48;
    private static final double BATCH_SECONDS = 1;
    /** How long a text may become whose context is shifted and whose request has no limit, in contexts; as in Ollama. */
    private static final int MAX_CONTEXTS = 10;

    private final Decoder decoder;
    private int prefillBatch = 2 * PREFILL_TILE;
    private final Tokenizer tokenizer;
    private final GrammarCache grammars;
    private final int contextLength;
    private final ThreadPoolExecutor executor;
    private volatile Thread thread;
    private volatile boolean closed;

    // Everything below belongs to the executor's thread.
    private final float[] logits;
    private final int[] cachedTokens;
    private int cachedCount;
    private DecoderSequence sequence;

    GenerationScheduler(String modelName, Decoder decoder, Tokenizer tokenizer, int vocabularySize, int contextLength) {
        this.decoder = decoder;
        this.tokenizer = tokenizer;
        this.grammars = new GrammarCache(tokenizer);
        this.contextLength = contextLength;
        this.logits = new float[vocabularySize];
        this.cachedTokens = new int[contextLength];
        this.executor = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(QUEUE_CAPACITY),
                task -> thread = Thread.ofPlatform().daemon().name("jnpu-" + modelName).unstarted(task));
    }

    Generation submit(GenerationRequest request, GenerationListener listener) {
        if (request.prompt().length >= contextLength) {
            throw new PromptTooLongException(request.prompt().length, contextLength);
        }
        Generation generation = new Generation();
        execute(() -> run(request, listener, generation));
        return generation;
    }

    /** Runs some work on a sequence of its own, in turn with the generations. */
    <T> T compute(int capacity, Function<DecoderSequence, T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        execute(() -> {
            try (DecoderSequence own = decoder.newSequence(capacity)) {
                requireOpen();
                result.complete(work.apply(own));
            } catch (Throwable failure) {
                result.completeExceptionally(failure);
            }
        });
        try {
            return result.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private void execute(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException e) {
            requireOpen();
            throw new ModelBusyException(QUEUE_CAPACITY);
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new EngineException("the model has been closed");
        }
    }

    private void run(GenerationRequest request, GenerationListener listener, Generation generation) {
        GenerationResult result;
        try {
            requireOpen();
            result = generate(request, listener, generation);
        } catch (RuntimeException failure) {
            dropSequence();
            fail(listener, generation, failure);
            return;
        } catch (Error error) {
            dropSequence();
            fail(listener, generation, new EngineException("the generation failed: " + error, error));
            return;
        }
        try {
            listener.onComplete(result);
        } catch (RuntimeException failure) {
            LOGGER.log(Level.WARNING, "a generation listener failed in onComplete", failure);
        }
        generation.complete(result);
    }

    private static void fail(GenerationListener listener, Generation generation, RuntimeException failure) {
        try {
            listener.onError(failure);
        } catch (RuntimeException second) {
            LOGGER.log(Level.WARNING, "a generation listener failed in onError", second);
        }
        generation.fail(failure);
    }

    private GenerationResult generate(GenerationRequest request, GenerationListener listener, Generation generation) {
        long start = System.nanoTime();
        int[] prompt = request.prompt();
        int reused = prefill(prompt, generation);
        long promptEnd = System.nanoTime();
        if (!generation.isCancelled()) {
            listener.onPromptProcessed();
        }

        boolean shifts = request.shiftKeep().isPresent();
        int limit = shifts ? MAX_CONTEXTS * contextLength : contextLength - prompt.length;
        if (request.maxTokens() >= 0) {
            limit = Math.min(limit, request.maxTokens());
        }
        Sampler sampler = new Sampler(request.sampling(), logits.length, prompt);
        Optional<GrammarCursor> grammar = request.grammar().map(one -> grammars.get(one).newCursor());
        StreamingDetokenizer detokenizer = tokenizer.newDetokenizer(request.spelledTokens());
        StopSequences stops = new StopSequences(request.stop());
        AnswerText text = new AnswerText(request, logits.length, detokenizer, listener);
        List<Integer> tokens = new ArrayList<>();
        int[] next = new int[1];
        FinishReason reason = FinishReason.LENGTH;
        while (tokens.size() < limit) {
            if (generation.isCancelled()) {
                break;
            }
            text.score(logits);
            int token = sampler.sample(logits, grammar);
            if (tokenizer.isEndOfGeneration(token)) {
                reason = FinishReason.STOP;
                break;
            }
            tokens.add(token);
            text.drawn(token);
            text.emit(stops.accept(detokenizer.accept(token)));
            if (stops.found()) {
                reason = FinishReason.STOP;
                break;
            }
            // Only the end could follow, so the model need not be asked for it.
            if (grammar.isPresent() && grammar.get().mustEnd()) {
                reason = FinishReason.STOP;
                break;
            }
            if (tokens.size() < limit) {
                if (shifts && cachedCount == contextLength) {
                    shift(request.shiftKeep().getAsInt(), generation);
                    if (generation.isCancelled()) {
                        break;
                    }
                }
                next[0] = token;
                forward(next, 0, 1, logits);
            }
        }
        if (generation.isCancelled()) {
            reason = FinishReason.CANCELLED;
        }
        if (!stops.found()) {
            text.emit(stops.accept(detokenizer.finish()));
            if (stops.found()) {
                reason = FinishReason.STOP;
            }
            text.emit(stops.finish());
            if (!stops.found()) {
                text.emitTokens();
            }
        }
        long end = System.nanoTime();
        return new GenerationResult(text.toString(), tokens, reason, stops.match(), prompt.length, reused,
                Duration.ofNanos(promptEnd - start), Duration.ofNanos(end - promptEnd));
    }

    /** Brings the KV cache to the end of the prompt and the logits of its last token into place. */
    private int prefill(int[] prompt, Generation generation) {
        if (sequence == null) {
            sequence = decoder.newSequence(contextLength);
        }
        int reused = 0;
        // The last token always runs again: its logits are needed.
        while (reused < Math.min(cachedCount, prompt.length - 1) && cachedTokens[reused] == prompt[reused]) {
            reused++;
        }
        sequence.truncate(reused);
        cachedCount = reused;
        // The last token goes alone, on decode's kernels, whatever was reused: the same request gives the same text.
        int last = prompt.length - 1;
        prefill(prompt, reused, last, generation);
        if (!generation.isCancelled()) {
            forward(prompt, last, 1, logits);
        }
        return reused;
    }

    private void prefill(int[] tokens, int start, int end, Generation generation) {
        for (int from = start; from < end && !generation.isCancelled();) {
            int count = Math.min(prefillBatch, end - from);
            long begin = System.nanoTime();
            forward(tokens, from, count, null);
            from += count;
            if (count == prefillBatch) {
                double tiles = BATCH_SECONDS * 1e9 / (System.nanoTime() - begin) * count / PREFILL_TILE;
                prefillBatch = PREFILL_TILE * (int) Math.clamp(tiles, 1, LanguageModel.MAX_BATCH / PREFILL_TILE);
            }
        }
    }

    /**
     * Makes room in a full context. The tokens that stay move to other positions and forget those that go, so they run again: that
     * takes as long as a prompt of half the context, and the text goes on as if it had begun so.
     */
    private void shift(int keep, Generation generation) {
        int head = Math.min(keep, cachedCount - 2);
        int dropped = Math.max(1, (cachedCount - head) / 2);
        int[] tail = Arrays.copyOfRange(cachedTokens, head + dropped, cachedCount);
        sequence.truncate(head);
        cachedCount = head;
        prefill(tail, 0, tail.length, generation);
    }

    private void forward(int[] tokens, int from, int count, float[] target) {
        sequence.forward(tokens, from, count, target);
        System.arraycopy(tokens, from, cachedTokens, cachedCount, count);
        cachedCount += count;
    }

    /** After a failure nobody knows what is in the cache. */
    private void dropSequence() {
        cachedCount = 0;
        if (sequence != null) {
            sequence.close();
            sequence = null;
        }
    }

    /**
     * Ends after the running generation; those that wait fail.
     *
     * @throws IllegalStateException
     *             if a listener calls it: it would wait for itself
     */
    @Override
    public void close() {
        if (Thread.currentThread() == thread) {
            throw new IllegalStateException("a model cannot be closed from its own listener");
        }
        closed = true;
        executor.shutdown();
        boolean interrupted = false;
        while (!executor.isTerminated()) {
            try {
                executor.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        dropSequence();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
