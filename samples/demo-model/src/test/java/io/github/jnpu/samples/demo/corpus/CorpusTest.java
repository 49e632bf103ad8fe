package io.github.jnpu.samples.demo.corpus;

import org.junit.jupiter.api.Test;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class CorpusTest {
    private final Corpus corpus = Corpus.load();

    @Test
    void patternExpandsItsChoicesAndLists() {
        assertThat(
                PhrasePattern.parse("[what|what [on earth|]] is {thing}", Map.of("thing", List.of("a", "b"))).phrases())
                .containsExactly("what is a", "what is b", "what on earth is a", "what on earth is b");
    }

    @Test
    void patternWithoutAClosingBracketOrWithAnUnknownListIsRefused() {
        assertThatThrownBy(() -> PhrasePattern.parse("what [is|are", Map.of())).hasMessageContaining("closing bracket");
        assertThatThrownBy(() -> PhrasePattern.parse("what {is}", Map.of())).hasMessageContaining("no known list");
    }

    /** Otherwise the model would learn two answers to one question. */
    @Test
    void noPhrasingBelongsToTwoTopics() {
        Map<String, String> topicOf = new HashMap<>();
        List<String> twice = corpus.topics().stream().flatMap(topic -> topic.questions().stream().flatMap(List::stream)
                .filter(phrase -> !topicOf.merge(ConversationGenerator.key(phrase), topic.name(), (old, _) -> old)
                        .equals(topic.name())))
                .toList();
        assertThat(twice).isEmpty();
    }

    @Test
    void freelyWrittenHeldOutQuestionsAreMadeByNoPattern() {
        Set<String> made = corpus.topics().stream().flatMap(topic -> topic.questions().stream()).flatMap(List::stream)
                .map(ConversationGenerator::key).collect(Collectors.toSet());
        assertThat(corpus.heldOut().stream().map(Corpus.FreeQuestion::question)
                .filter(question -> made.contains(ConversationGenerator.key(question)))).isEmpty();
        assertThat(corpus.heldOut()).hasSizeGreaterThan(100);
        assertThat(ConversationGenerator.withAnswers(corpus, corpus.heldOut())).hasSameSizeAs(corpus.heldOut());
        assertThat(ConversationGenerator.withAnswers(corpus, corpus.development()))
                .hasSameSizeAs(corpus.development());
    }

    @Test
    void sameSeedGivesTheSameChats() {
        List<Conversation> chats = draw(7, 300);
        assertThat(draw(7, 300)).isEqualTo(chats);
        assertThat(draw(8, 300)).isNotEqualTo(chats);
    }

    @Test
    void everyTopicIsTaughtAndItsAnswersAreWholeSentences() {
        Set<String> taught = draw(1, 20_000).stream().flatMap(chat -> chat.texts(Conversation.Role.ASSISTANT).stream())
                .collect(Collectors.toSet());
        Stream<String> answers = corpus.topics().stream()
                .flatMap(topic -> Stream.concat(Stream.of(topic.answer()), topic.more().stream()));
        assertThat(answers).allMatch(taught::contains)
                .allMatch(answer -> answer.matches("(\\p{Lu}|jnpu|llama).*[.?\"]"));
    }

    private List<Conversation> draw(long seed, int count) {
        ConversationGenerator generator = new ConversationGenerator(corpus, seed);
        return Stream.generate(generator::next).limit(count).toList();
    }
}
