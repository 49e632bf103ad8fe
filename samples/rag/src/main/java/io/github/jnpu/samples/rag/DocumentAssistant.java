package io.github.jnpu.samples.rag;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.rag.DefaultRetrievalAugmentor;
import dev.langchain4j.rag.content.Content;
import dev.langchain4j.rag.content.ContentMetadata;
import dev.langchain4j.rag.content.retriever.EmbeddingStoreContentRetriever;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.TokenStream;
import dev.langchain4j.store.embedding.EmbeddingStore;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/** Answers questions from passages, and says which ones it was given. */
final class DocumentAssistant {
    /** Passages in a prompt; few, because small models have a small context. */
    static final int PASSAGES = 3;
    /** LangChain4j's score is (1 + cosine) / 2; passages about something else stay below. */
    private static final double MIN_SCORE = 0.6;
    private static final int SHORTEST_QUOTE = 20;

    /** LangChain4j makes the implementation. */
    interface Service {
        TokenStream answer(String question);
    }

    /** A passage that the model was given, and how near it is to the question, 0 to 1. */
    record Source(String file, String heading, String text, double score) {
        private static Source of(Content content) {
            TextSegment passage = content.textSegment();
            return new Source(passage.metadata().getString(PassageStore.FILE), passage.metadata()
                    .getString(PassageSplitter.HEADING), passage.text(),
                    (Double) content.metadata().get(
                            ContentMetadata.SCORE));
        }

        /** The sentences of this passage that a text quotes word for word. */
        List<String> quotedIn(String answer) {
            String said = plain(answer);
            String flat = text.replaceAll("\\s+", " ");
            BreakIterator borders = BreakIterator.getSentenceInstance(Locale.ROOT);
            borders.setText(flat);
            List<String> quoted = new ArrayList<>();
            int start = borders.first();
            for (int end = borders.next(); end != BreakIterator.DONE; start = end, end = borders.next()) {
                String sentence = flat.substring(start, end).strip();
                if (sentence.length() >= SHORTEST_QUOTE && said.contains(plain(sentence))) {
                    quoted.add(sentence);
                }
            }
            return quoted;
        }
    }

    /** What the model said and what it had read. */
    record Answer(String text, List<Source> sources) {}

    private final Service service;

    DocumentAssistant(StreamingChatModel chat, EmbeddingModel embedding, EmbeddingStore<TextSegment> passages) {
        // The augmentor appends what the retriever finds to the question, in LangChain4j's own words.
        this.service = AiServices.builder(Service.class).streamingChatModel(chat).retrievalAugmentor(
                DefaultRetrievalAugmentor.builder().contentRetriever(EmbeddingStoreContentRetriever.builder()
                        .embeddingModel(embedding).embeddingStore(passages).maxResults(PASSAGES).minScore(MIN_SCORE)
                        .build()).build())
                .build();
    }

    /**
     * Asks.
     *
     * @param sink
     *            hears the answer piece by piece
     * @throws LangChain4jException
     *             if the model cannot answer
     */
    Answer answer(String question, Consumer<String> sink) {
        List<Source> sources = new ArrayList<>();
        CompletableFuture<String> text = new CompletableFuture<>();
        service.answer(question).onRetrieved(contents -> contents.forEach(content -> sources.add(Source.of(content))))
                .onPartialResponse(sink).onCompleteResponse(response -> text.complete(response.aiMessage().text()))
                .onError(text::completeExceptionally).start();
        try {
            return new Answer(text.join(), List.copyOf(sources));
        } catch (CompletionException e) {
            throw e.getCause() instanceof LangChain4jException known ? known : new LangChain4jException(e.getCause());
        }
    }

    /** A text without what does not matter when it is compared: white space and case. */
    static String plain(String text) {
        return text.replaceAll("\\s+", " ").strip().toLowerCase(Locale.ROOT);
    }
}
