package io.github.jnpu.samples.demo.corpus;

import io.github.jnpu.samples.demo.corpus.Conversation.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

class SourcesTest {
    private static final Corpus CORPUS = Corpus.load();

    record Source(String name, LongFunction<ConversationSource> seeded, List<Conversation> heldOut) {
        List<Conversation> draw(long seed, int count) {
            ConversationSource source = seeded.apply(seed);
            return Stream.generate(source::next).limit(count).toList();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static List<Source> sources() {
        return List.of(new Source("passages", PassageSource::new, PassageSource.heldOut(200)),
                new Source("capitals", seed -> new CapitalSource(CORPUS, seed), CapitalSource.heldOut()),
                new Source("sums", ArithmeticSource::new, ArithmeticSource.heldOut(200)));
    }

    @ParameterizedTest
    @MethodSource("sources")
    void sameSeedGivesTheSameChats(Source source) {
        assertThat(source.draw(3, 200)).isEqualTo(source.draw(3, 200)).isNotEqualTo(source.draw(4, 200));
    }

    @ParameterizedTest
    @MethodSource("sources")
    void nothingHeldOutIsEverDrawn(Source source) {
        Set<String> asked = source.draw(5, 20_000).stream().flatMap(chat -> chat.texts(Role.USER).stream())
                .map(HeldOut::key).collect(Collectors.toSet());
        assertThat(source.heldOut).hasSizeGreaterThan(150);
        // Without their signs some sums look alike, so they are compared by their words only.
        assertThat(
                source.heldOut.stream().map(Conversation::question).filter(question -> !question.matches(".*[-+*/].*"))
                        .filter(question -> asked.contains(HeldOut.key(question))))
                .isEmpty();
    }

    @Test
    void freelyWrittenQuestionsAreNeverDrawn() {
        Set<String> free = CORPUS.heldOut().stream().map(question -> HeldOut.key(question.question()))
                .filter(key -> !key.matches("\\d+")).collect(Collectors.toSet());
        assertThat(sources().stream().flatMap(source -> source.draw(6, 20_000).stream())
                .flatMap(chat -> chat.texts(Role.USER).stream())
                .filter(question -> free.contains(HeldOut.key(question))))
                .isEmpty();
    }

    @Test
    void answersStandInTheirTextsWordForWord() {
        List<Conversation> chats = sources().getFirst().draw(7, 5000);
        assertThat(chats).allSatisfy(chat -> {
            String text = chat.system().orElse("") + chat.texts(Role.USER).getFirst();
            assertThat(chat.texts(Role.ASSISTANT))
                    .allMatch(answer -> answer.equals(PassageTask.NOT_SAID) || text.contains(answer));
        });
        long notSaid = chats.stream().flatMap(chat -> chat.texts(Role.ASSISTANT).stream())
                .filter(PassageTask.NOT_SAID::equals).count();
        long answers = chats.stream().mapToLong(chat -> chat.texts(Role.ASSISTANT).size()).sum();
        assertThat((double) notSaid / answers).isBetween(0.05, 0.15);
    }

    @Test
    void heldOutSentencesAndNamesAreNotShownInTraining() {
        String shown = sources().getFirst().draw(8, 5000).stream()
                .map(chat -> chat.system().orElse("") + String.join(" ", chat.texts(Role.USER)))
                .collect(Collectors.joining("\n"));
        List<String> sentences = Stream.of(Corpus.text("sentences").strip().split("\n\n+"))
                .map(block -> block.lines().findFirst().orElseThrow()).filter(ProsePassages::isHeldOut).toList();
        assertThat(sentences).hasSizeGreaterThan(100).noneMatch(shown::contains);
    }

    @Test
    void freelyWrittenPassagesContainTheirAnswers() {
        List<Conversation> chats = PassageSource.freelyWritten();
        assertThat(chats).hasSizeGreaterThanOrEqualTo(60).allMatch(
                chat -> chat.answer().equals(PassageTask.NOT_SAID) || chat.question().contains(chat.answer()));
    }

    @Test
    void contentsAreInjectedAsLangChain4jDoes() {
        assertThat(PassageSource.injected("Who?", List.of("A b.", "C d.")))
                .isEqualTo("Who?\n\nAnswer using the following information:\nA b.\n\nC d.");
    }

    @Test
    void sumsAreRight() {
        assertThat(ArithmeticSource.answerFor("17+5")).isEqualTo("17 + 5 = 22.");
        assertThat(ArithmeticSource.answerFor("18/6")).isEqualTo("18 / 6 = 3.");
        assertThat(CapitalSource.answerFor("Peru")).isEqualTo("The capital of Peru is Lima.");
    }
}
