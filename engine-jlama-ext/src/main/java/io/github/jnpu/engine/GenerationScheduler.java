package io.github.jnpu.engine;

import io.github.jnpu.engine.backend.Decoder;
import io.github.jnpu.engine.backend.DecoderSequence;
import io.github.jnpu.engine.grammar.GrammarCache;
import io.github.jnpu.engine.tokenizer.Tokenizer;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * The one thread that may touch a decoder, and the texts that it writes at the same time. Requests wait in a bounded queue and begin in
 * their order, each as soon as a slot is free. The thread goes round: one batch of one prompt, then one token of each text that is beyond
 * its prompt, in one pass where the decoder can do that. So nobody waits for another's whole answer, and what a text gets is what it would
 * get alone.
 */
final class GenerationScheduler implements AutoCloseable {
    private static final Logger LOGGER = System.getLogger(GenerationScheduler.class.getName());

    /** As Ollama's OLLAMA_MAX_QUEUE. */
    static final int QUEUE_CAPACITY = 512;
    /**
     * Prompt tokens run in whole tiles, which at 512 bits take 48, and as many at once as take about a second: only between two
     * batches is the cancel flag looked at, and a batch of 192 is 15 % faster than one of 96. Where others are in the middle of their
     * answers, these should not stand still for long.
     */
    private static final int PREFILL_TILE = 48;
    private static final double BATCH_SECONDS = 1;
    private static final double SHARED_BATCH_SECONDS = 0.1;
    /** How often a text is asked again that could not be taken, if nothing else is to be done. */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /** What waits for its turn. */
    private sealed interface Job {
        /** Nobody wants it any more. */
        boolean isCancelled();
    }

    private record Text(GenerationRequest request, GenerationListener listener, Generation generation) implements Job {
        @Override
        public boolean isCancelled() {
            return generation.isCancelled();
        }
    }

    private record Computation(Runnable work) implements Job {
        @Override
        public boolean isCancelled() {
            return false;
        }
    }

    private final Decoder decoder;
    private final Tokenizer tokenizer;
    private final GrammarCache grammars;
    private final int vocabularySize;
    private final int contextLength;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // These belong to the lock.
    private final ArrayDeque<Job> waiting = new ArrayDeque<>();
    private boolean started;
    private boolean closed;
    private boolean cancelled;

    // Everything below belongs to the thread.
    private final List<TextSlot> free = new ArrayList<>();
    private final List<RunningText> running = new ArrayList<>();
    private double tilesPerSecond = 2;
    private long texts;

    /**
     * @param parallel
     *            texts that are written at the same time
     */
    GenerationScheduler(String modelName, Decoder decoder, Tokenizer tokenizer, int vocabularySize, int contextLength,
            int parallel) {
        this.decoder = decoder;
        this.tokenizer = tokenizer;
        this.grammars = new GrammarCache(tokenizer);
        this.vocabularySize = vocabularySize;
        this.contextLength = contextLength;
        for (int i = 0; i < parallel; i++) {
            free.add(new TextSlot(decoder, contextLength));
        }
        this.thread = Thread.ofPlatform().daemon().name("jnpu-" + modelName).unstarted(this::work);
    }

    Generation submit(GenerationRequest request, GenerationListener listener) {
        if (request.prompt().length >= contextLength) {
            throw new PromptTooLongException(request.prompt().length, contextLength);
        }
        Generation generation = new Generation(this::noticeCancel);
        enqueue(new Text(request, listener, generation));
        return generation;
    }

    /** Runs some work on a sequence of its own, in turn with the generations; those that have begun stand still meanwhile. */
    <T> T compute(int capacity, Function<DecoderSequence, T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        enqueue(new Computation(() -> {
            try {
                requireOpen();
                try (DecoderSequence own = decoder.newSequence(capacity)) {
                    result.complete(work.apply(own));
                }
            } catch (Throwable failure) {
                result.completeExceptionally(failure);
            }
        }));
        try {
            return result.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private void enqueue(Job job) {
        lock.lock();
        try {
            requireOpen();
            if (waiting.size() >= QUEUE_CAPACITY) {
                throw new ModelBusyException(QUEUE_CAPACITY);
            }
            waiting.add(job);
            if (!started) {
                started = true;
                thread.start();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void noticeCancel() {
        lock.lock();
        try {
            cancelled = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void requireOpen() {
        lock.lock();
        try {
            if (closed) {
                throw new EngineException("the model has been closed");
            }
        } finally {
            lock.unlock();
        }
    }

    private void work() {
        while (awaitWork()) {
            dropCancelled();
            admit();
            boolean progress = prefillOne();
            progress |= decodeAll();
            if (!progress && !running.isEmpty()) {
                pause();
            }
        }
        free.forEach(TextSlot::drop);
    }

    /** False if nothing is left to do and nothing will come. */
    private boolean awaitWork() {
        lock.lock();
        try {
            while (running.isEmpty() && waiting.isEmpty()) {
                if (closed) {
                    return false;
                }
                changed.awaitUninterruptibly();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** All texts wait for their listeners. */
    private void pause() {
        lock.lock();
        try {
            if (!cancelled && (waiting.isEmpty() || free.isEmpty())) {
                changed.awaitNanos(PAUSE_NANOS);
            }
        } catch (InterruptedException e) {
            // Nobody has a reason to interrupt this thread; its flag would make every wait end at once.
            LOGGER.log(Level.DEBUG, "the model's thread was interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    /** Lets go whom nobody waits for any more. */
    private void dropCancelled() {
        List<Text> gone = new ArrayList<>();
        lock.lock();
        try {
            if (!cancelled) {
                return;
            }
            cancelled = false;
            for (Iterator<Job> jobs = waiting.iterator(); jobs.hasNext();) {
                if (jobs.next() instanceof Text text && text.isCancelled()) {
                    gone.add(text);
                    jobs.remove();
                }
            }
        } finally {
            lock.unlock();
        }
        for (Text text : gone) {
            complete(text.listener, text.generation,
                    new GenerationResult("", List.of(), FinishReason.CANCELLED, Optional.empty(),
                            text.request.prompt().length, 0, Duration.ZERO, Duration.ZERO));
        }
        for (RunningText text : List.copyOf(running)) {
            if (text.generation().isCancelled()) {
                attempt(text, () -> finish(text, text.end(FinishReason.CANCELLED)));
            }
        }
    }

    /** Gives free slots to those that wait. */
    private void admit() {
        while (!free.isEmpty()) {
            Job job;
            boolean open;
            lock.lock();
            try {
                job = waiting.poll();
                open = !closed;
            } finally {
                lock.unlock();
            }
            switch (job) {
                case null -> {
                    return;
                }
                case Computation computation -> computation.work.run();
                case Text text when open -> begin(text);
                case Text text -> fail(text.listener, text.generation, new EngineException(
                        "the model has been closed"));
            }
        }
    }

    private void begin(Text text) {
        TextSlot slot = choose(text.request.prompt());
        free.remove(slot);
        try {
            running.add(
                    new RunningText(text.request, text.listener, text.generation, slot, ++texts, tokenizer, grammars,
                            vocabularySize, contextLength));
        } catch (RuntimeException | Error failure) {
            slot.drop();
            free.add(slot);
            fail(text.listener, text.generation, asEngineException(failure));
        }
    }

    /** The slot that has at least half of the prompt in its cache, else the one that was used longest ago. */
    private TextSlot choose(int[] prompt) {
        TextSlot closest = free.stream().max(Comparator.comparingInt(slot -> slot.shared(prompt))).orElseThrow();
        return 2 * closest.shared(prompt) >= prompt.length
                ? closest
                : free.stream().min(Comparator.comparingLong(TextSlot::lastUse)).orElseThrow();
    }

    /** Runs one batch of the prompt whose turn it is. */
    private boolean prefillOne() {
        Optional<RunningText> due = running.stream().filter(RunningText::inPrompt).findFirst();
        due.ifPresent(text -> {
            // The next time it is another one's turn.
            running.remove(text);
            running.add(text);
            boolean alone = running.stream().allMatch(RunningText::inPrompt);
            int batch = PREFILL_TILE * (int) Math.clamp(tilesPerSecond * (alone ? BATCH_SECONDS : SHARED_BATCH_SECONDS),
                    1, LanguageModel.MAX_BATCH / PREFILL_TILE);
            attempt(text, () -> {
                long start = System.nanoTime();
                int count = text.prefill(batch);
                if (count == batch) {
                    tilesPerSecond = 1e9 * count / PREFILL_TILE / Math.max(1, System.nanoTime() - start);
                }
            });
        });
        return due.isPresent();
    }

    /** Brings each text that is beyond its prompt forward by a token. */
    private boolean decodeAll() {
        List<RunningText> due = new ArrayList<>();
        for (RunningText text : List.copyOf(running)) {
            if (!text.inPrompt()) {
                attempt(text, () -> {
                    boolean goesOn = !text.hasLogits() || text.listener().isReady() && continues(text);
                    // One whose context was shifted has tokens to run before the next.
                    if (goesOn && !text.inPrompt()) {
                        due.add(text);
                    }
                });
            }
        }
        if (due.size() > 1 && decoder.decodesTogether() && decodeTogether(due)) {
            return true;
        }
        due.forEach(text -> attempt(text, text::decode));
        return !due.isEmpty();
    }

    /** Draws a token; false if it was the last one. */
    private boolean continues(RunningText text) {
        Optional<GenerationResult> result = text.advance();
        result.ifPresent(end -> finish(text, end));
        return result.isEmpty();
    }

    /** In one pass; false if that failed, and then whose fault it was is found out one by one. */
    private boolean decodeTogether(List<RunningText> due) {
        try {
            decoder.decode(due.stream().map(text -> text.slot().sequence()).toList(),
                    due.stream().mapToInt(RunningText::nextToken).toArray(),
                    due.stream().map(RunningText::logits).toArray(float[][]::new));
        } catch (RuntimeException | Error failure) {
            LOGGER.log(Level.DEBUG, "texts that could not be decoded together go one by one", failure);
            return false;
        }
        due.forEach(text -> attempt(text, text::decoded));
        return true;
    }

    /** A step of a text; if it fails, the text is over and its cache is dropped. */
    private void attempt(RunningText text, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error failure) {
            text.slot().drop();
            leave(text);
            fail(text.listener(), text.generation(), asEngineException(failure));
        }
    }

    private void finish(RunningText text, GenerationResult result) {
        leave(text);
        complete(text.listener(), text.generation(), result);
    }

    private void leave(RunningText text) {
        if (running.remove(text)) {
            free.add(text.slot());
        }
    }

    private static RuntimeException asEngineException(Throwable failure) {
        return failure instanceof RuntimeException exception
                ? exception
                : new EngineException("the generation failed: " + failure, failure);
    }

    private static void complete(GenerationListener listener, Generation generation, GenerationResult result) {
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

    /**
     * Ends after the running generations; those that wait fail.
     *
     * @throws IllegalStateException
     *             if a listener calls it: it would wait for itself
     */
    @Override
    public void close() {
        if (Thread.currentThread() == thread) {
            throw new IllegalStateException("a model cannot be closed from its own listener");
        }
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
            if (!started) {
                return;
            }
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
