package io.github.jnpu.server.cli;

import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.Generation;
import io.github.jnpu.engine.GenerationListener;
import io.github.jnpu.engine.GenerationResult;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.chat.AnswerReader;
import io.github.jnpu.engine.chat.AnswerSyntax;
import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.engine.chat.ChatPrompt;
import io.github.jnpu.engine.chat.ChatTemplate;
import io.github.jnpu.engine.chat.Thinking;
import io.github.jnpu.engine.grammar.Grammar;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;

/**
 * A conversation with one model: keeps the turns, lays them out with the model's template, streams the answers to standard
 * output. Without a template, or raw, each prompt is a text to be continued and nothing is remembered.
 *
 * <p>For one thread, but {@link #cancel} may come from any.
 */
final class ChatSession implements AutoCloseable {
    private final Console console;
    private final GenerationParameters parameters;
    private final boolean raw;
    private final List<ChatMessage> history = new ArrayList<>();
    private String modelName;
    private ModelDefaults modelfile;
    private Optional<ChatTemplate> template = Optional.empty();
    private Optional<Thinking> thinking;
    private Optional<String> system = Optional.empty();
    private ModelLoading.LoadedModel loaded;
    private Duration unreportedLoad = Duration.ZERO;
    private volatile Generation running;

    /**
     * Loads the model.
     *
     * @param system
     *            what stands before the conversation, in place of what the Modelfile says
     * @throws EngineException
     *             if the model has no place for a system message, or cannot think and shall
     */
    ChatSession(Console console, String modelName, GenerationParameters parameters, boolean raw,
            Optional<String> system, Optional<Thinking> thinking) {
        this.console = console;
        this.parameters = parameters;
        this.raw = raw;
        this.thinking = thinking;
        // A wrong schema shows before a model is loaded for it.
        parameters.grammar();
        open(modelName);
        try {
            if (system.isPresent()) {
                setSystem(system);
            }
            setThinking(thinking);
        } catch (RuntimeException e) {
            loaded.close();
            throw e;
        }
    }

    /** Nothing changes where the model cannot be loaded. */
    private void open(String name) {
        ModelDefaults defaults = ModelDefaults.of(name);
        parameters.applyDefaults(defaults.parameters());
        ModelLoading.LoadedModel model = ModelLoading.load(console, name, parameters.modelOptions());
        try {
            template = raw
                    ? Optional.empty()
                    : ChatTemplate.of(model.model().source(), defaults.template(), Optional.empty());
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
        loaded = model;
        unreportedLoad = model.duration();
        modelName = name;
        modelfile = defaults;
        system = template.isPresent() ? defaults.system() : Optional.empty();
        clear();
    }

    /**
     * Goes on with another model, from the beginning. If it cannot be loaded, the present one stays.
     *
     * @throws EngineException
     *             if it cannot be loaded
     */
    void changeModel(String name) {
        ModelLoading.LoadedModel before = loaded;
        try {
            open(name);
        } catch (RuntimeException e) {
            parameters.applyDefaults(modelfile.parameters());
            throw e;
        }
        before.close();
        if (!supportsThinking()) {
            thinking = Optional.empty();
        }
    }

    private void load() {
        loaded = ModelLoading.load(console, modelName, parameters.modelOptions());
        unreportedLoad = loaded.duration();
    }

    String modelName() {
        return modelName;
    }

    ModelDefaults modelfile() {
        return modelfile;
    }

    /** The turns so far. */
    List<ChatMessage> history() {
        return List.copyOf(history);
    }

    private boolean supportsThinking() {
        return template.map(ChatTemplate::supportsThinking).orElse(false);
    }

    /**
     * Whether the model thinks from now on; empty for what its template says.
     *
     * @throws EngineException
     *             if it cannot
     */
    void setThinking(Optional<Thinking> wish) {
        if (wish.map(Thinking::enabled).orElse(false) && !supportsThinking()) {
            throw new EngineException("model '%s' does not support thinking".formatted(modelName));
        }
        thinking = wish;
    }

    LanguageModel model() {
        return loaded.model();
    }

    GenerationParameters parameters() {
        return parameters;
    }

    Optional<String> system() {
        return system;
    }

    /**
     * Changes the instructions that stand before the conversation.
     *
     * @throws EngineException
     *             if the model has no place for them
     */
    void setSystem(Optional<String> newSystem) {
        if (newSystem.isPresent() && template().isEmpty()) {
            throw new EngineException(raw
                    ? "a raw prompt has no place for a system message; write it into the prompt"
                    : "model '%s' has no chat template, so a system message has no place; write it into the prompt"
                            .formatted(modelName));
        }
        system = newSystem;
    }

    /** Forgets the conversation, not the system message and the turns that the model brings. */
    void clear() {
        history.clear();
        history.addAll(modelfile.messages());
    }

    /** Sets a parameter; a new context length loads the model anew. */
    void setParameter(String name, List<String> values) {
        int before = parameters.contextLength();
        parameters.set(name, values);
        if (parameters.contextLength() != before) {
            loaded.close();
            load();
        }
    }

    /**
     * Answers and returns when the answer is complete. A failed prompt leaves the conversation as it was.
     */
    Answer answer(String text, AnswerPrinter printer) {
        Optional<ChatTemplate> template = template();
        if (template.isEmpty()) {
            return report(generate(new Prompt(model().encodePrompt(text, raw), Optional.empty(), text), printer));
        }
        ChatMessage question = ChatMessage.user(text);
        List<ChatMessage> turns = new ArrayList<>(history);
        turns.add(question);
        GenerationResult result = generate(encode(template.get(), turns), printer);
        history.clear();
        history.addAll(turns);
        history.add(ChatMessage.assistant(printer.content()));
        return report(result);
    }

    private Answer report(GenerationResult result) {
        Answer answer = new Answer(result, unreportedLoad);
        unreportedLoad = Duration.ZERO;
        return answer;
    }

    /** An answer and how long the model took to load for it. */
    record Answer(GenerationResult result, Duration loadDuration) {}

    /** Stops the answer that is being written, if there is one. */
    void cancel() {
        Generation generation = running;
        if (generation != null) {
            generation.cancel();
        }
    }

    /** What prompts are laid out with; none where they are raw or the model has none. */
    Optional<ChatTemplate> template() {
        return template;
    }

    /** The prompt's ids; turns are dropped from the front, oldest first, until it fits the context. */
    private Prompt encode(ChatTemplate template, List<ChatMessage> turns) {
        while (true) {
            List<ChatMessage> messages = new ArrayList<>(turns);
            system.ifPresent(content -> messages.addFirst(ChatMessage.system(content)));
            ChatPrompt asked = ChatPrompt.of(messages, List.of(), thinking);
            String text = template.render(asked);
            int[] ids = model().encodePrompt(text, true);
            if (ids.length < model().contextLength() || turns.size() <= 2) {
                return new Prompt(ids, Optional.of(asked), text);
            }
            // A question goes with its answer: templates insist on the two taking turns.
            turns.removeFirst();
            turns.removeFirst();
        }
    }

    /** A prompt; one that was laid out by the template tells how its answer is to be read. */
    private record Prompt(int[] ids, Optional<ChatPrompt> asked, String text) {}

    private GenerationResult generate(Prompt prompt, AnswerPrinter printer) {
        if (prompt.ids.length == 0) {
            throw new EngineException("the prompt is empty, and model '%s' does not begin texts by itself"
                    .formatted(modelName));
        }
        Optional<AnswerSyntax> syntax = template.map(ChatTemplate::syntax).filter(_ -> prompt.asked.isPresent());
        AnswerReader reader = syntax.map(known -> AnswerReader.of(known, prompt.asked.get(), prompt.text)).orElseGet(
                AnswerReader::plain);
        // Thoughts are free where they are no part of the answer's text.
        Optional<Grammar> grammar = parameters.grammar().map(one -> syntax.map(known -> known.held(one, prompt.asked
                .get().mayThink(), prompt.text)).orElse(one));
        Generation generation = model().generate(parameters.request(prompt.ids, grammar).withSpelledTokens(syntax.map(
                AnswerSyntax::specialTokens).orElse(Set.of())), new GenerationListener() {
                    @Override
                    public void onText(String text) {
                        printer.print(reader.accept(text));
                    }

                    @Override
                    public void onComplete(GenerationResult result) {}

                    @Override
                    public void onError(RuntimeException failure) {}
                });
        running = generation;
        try {
            GenerationResult result = generation.result().join();
            printer.print(reader.finish());
            return result;
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        } finally {
            running = null;
            printer.finish();
        }
    }

    @Override
    public void close() {
        loaded.close();
    }
}
