package io.github.jnpu.server.cli;

import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.Generation;
import io.github.jnpu.engine.GenerationListener;
import io.github.jnpu.engine.GenerationResult;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.chat.AnswerSyntax;
import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.engine.chat.ChatPrompt;
import io.github.jnpu.engine.chat.ChatTemplate;
import io.github.jnpu.engine.chat.Thinking;
import io.github.jnpu.engine.grammar.Grammar;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/**
 * A conversation with one model: keeps the turns, lays them out with the model's template, streams the answers to standard
 * output. Without a template, or raw, each prompt is a text to be continued and nothing is remembered.
 *
 * <p>For one thread, but {@link #cancel} may come from any.
 */
final class ChatSession implements AutoCloseable {
    private final Console console;
    private final String modelName;
    private final GenerationParameters parameters;
    private final boolean raw;
    private final Optional<Thinking> thinking;
    private final Optional<ChatTemplate> template;
    private final Optional<Grammar> grammar;
    private final List<ChatMessage> history = new ArrayList<>();
    private final ModelDefaults modelfile;
    private Optional<String> system;
    private ModelLoading.LoadedModel loaded;
    private Duration unreportedLoad = Duration.ZERO;
    private volatile Generation running;

    ChatSession(Console console, String modelName, GenerationParameters parameters, boolean raw,
            Optional<String> system, Optional<Thinking> thinking) {
        this.console = console;
        this.modelName = modelName;
        this.parameters = parameters;
        this.raw = raw;
        this.thinking = thinking;
        this.grammar = parameters.grammar();
        this.modelfile = ModelDefaults.of(modelName);
        parameters.applyDefaults(modelfile.parameters());
        load();
        try {
            this.template = raw
                    ? Optional.empty()
                    : ChatTemplate.of(model().source(), modelfile.template(), Optional.empty());
            setSystem(system);
            if (template().isPresent()) {
                this.system = system.or(modelfile::system);
                clear();
            }
        } catch (RuntimeException e) {
            loaded.close();
            throw e;
        }
    }

    private void load() {
        loaded = ModelLoading.load(console, modelName, parameters.modelOptions());
        unreportedLoad = loaded.duration();
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
    Answer answer(String text) {
        Optional<ChatTemplate> template = template();
        if (template.isEmpty()) {
            return report(generate(new Prompt(model().encodePrompt(text, raw), text)));
        }
        ChatMessage question = ChatMessage.user(text);
        List<ChatMessage> turns = new ArrayList<>(history);
        turns.add(question);
        GenerationResult result = generate(encode(template.get(), turns));
        history.clear();
        history.addAll(turns);
        history.add(ChatMessage.assistant(result.text()));
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
            String text = template.render(ChatPrompt.of(messages, List.of(), thinking));
            int[] ids = model().encodePrompt(text, true);
            if (ids.length < model().contextLength() || turns.size() <= 2) {
                return new Prompt(ids, text);
            }
            // A question goes with its answer: templates insist on the two taking turns.
            turns.removeFirst();
            turns.removeFirst();
        }
    }

    private record Prompt(int[] ids, String text) {}

    /** Thoughts are free where the prompt begins them, or where they were asked for. */
    private Optional<Grammar> grammar(String prompt) {
        if (template.isEmpty()) {
            return grammar;
        }
        AnswerSyntax syntax = template.get().syntax();
        boolean thinks = thinking.map(Thinking::enabled).orElse(false)
                || syntax.thinkingTags().filter(tags -> tags.areOpenedBy(prompt)).isPresent();
        return grammar.map(one -> syntax.held(one, thinks, prompt));
    }

    private GenerationResult generate(Prompt prompt) {
        PrintStream out = console.out();
        if (prompt.ids.length == 0) {
            throw new EngineException("the prompt is empty, and model '%s' does not begin texts by itself"
                    .formatted(modelName));
        }
        Generation generation = model().generate(parameters.request(prompt.ids, grammar(prompt.text)),
                new GenerationListener() {
                    @Override
                    public void onText(String text) {
                        out.print(text);
                        out.flush();
                        if (out.checkError()) {
                            throw new OutputClosedException();
                        }
                    }

                    @Override
                    public void onComplete(GenerationResult result) {}

                    @Override
                    public void onError(RuntimeException failure) {}
                });
        running = generation;
        try {
            return generation.result().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        } finally {
            running = null;
        }
    }

    @Override
    public void close() {
        loaded.close();
    }
}
