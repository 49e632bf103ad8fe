package io.github.jnpu.samples.demo.corpus;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The project's texts about itself: topics, habits of speech, prose. Immutable.
 *
 * <p>A topic file has blocks that are separated by blank lines; lines that begin with {@code #} are comments:
 *
 * <pre>
 * topic npu
 * what [an NPU|NPU]                 every frame "what", with the subject in place of "$"
 * q what does NPU [mean|stand for]  a pattern of its own
 * a NPU stands for ...
 * more You find NPUs in ...
 *
 * list greeting                     then one line of words with commas, or several lines of patterns
 * frame what                        then one pattern a line
 * </pre>
 *
 * @param lists
 *            what {@code {name}} stands for
 * @param development
 *            freely written questions that are never trained on, but by which the patterns were improved
 * @param heldOut
 *            freely written questions that no pattern makes, for the finished model
 */
public record Corpus(List<Topic> topics, Map<String, List<String>> lists, List<String> prose,
        List<FreeQuestion> development, List<FreeQuestion> heldOut) {
    private static final List<String> FILES = List.of("frames", "npu", "jnpu", "commands", "models", "java", "talk",
            "unknown", "habits");

    /**
     * A question as somebody may write it, and the topic whose answer fits: one of {@link #topics}, or {@code capital:Country},
     * {@code sum:7+5}, {@code large} for what the sources of capitals and sums answer.
     */
    public record FreeQuestion(String topic, String question) {}

    public Corpus {
        topics = List.copyOf(topics);
        lists = Map.copyOf(lists);
        prose = List.copyOf(prose);
        development = List.copyOf(development);
        heldOut = List.copyOf(heldOut);
    }

    /** Reads the texts that lie beside this class. */
    public static Corpus load() {
        Reader reader = new Reader();
        for (String file : FILES) {
            reader.read(file, text(file));
        }
        return new Corpus(reader.topics, reader.lists, Arrays.asList(text("prose").strip().split("\n\n+")),
                freeQuestions("development"), freelyHeldOut());
    }

    static List<FreeQuestion> freelyHeldOut() {
        return Stream.of("heldout", "heldout-broad").flatMap(file -> freeQuestions(file).stream()).toList();
    }

    private static List<FreeQuestion> freeQuestions(String file) {
        return text(file).lines().map(line -> line.split(" ", 2)).map(parts -> new FreeQuestion(parts[0], parts[1]))
                .toList();
    }

    /** A list that must exist. */
    public List<String> list(String name) {
        return Optional.ofNullable(lists.get(name))
                .orElseThrow(() -> new IllegalArgumentException("no list '%s'".formatted(name)));
    }

    static String text(String file) {
        try (InputStream in = Corpus.class.getResourceAsStream(file + ".txt")) {
            if (in == null) {
                throw new IllegalStateException("the corpus file %s.txt is missing".formatted(file));
            }
            StringBuilder text = new StringBuilder();
            BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            // Line by line, so that a checkout with Windows' line ends gives the same corpus.
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.startsWith("#")) {
                    text.append(line).append('\n');
                }
            }
            return text.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Reader {
        private final List<Topic> topics = new ArrayList<>();
        private final Map<String, List<String>> lists = new HashMap<>();
        private final Map<String, List<String>> frames = new LinkedHashMap<>();

        void read(String file, String text) {
            for (String block : text.strip().split("\n\n+")) {
                List<String> lines = block.lines().toList();
                String[] head = lines.getFirst().split(" ", 2);
                List<String> body = lines.subList(1, lines.size());
                switch (head[0]) {
                    case "frame" -> frames.put(head[1], body);
                    case "list" -> lists.put(head[1], entries(body));
                    case "topic" -> topics.add(topic(head[1], file.equals("talk"), body));
                    default -> throw new IllegalArgumentException(
                            "%s.txt: '%s' begins no block".formatted(file, lines.getFirst()));
                }
            }
        }

        private List<String> entries(List<String> body) {
            if (body.size() == 1) {
                return List.of(body.getFirst().split(", *"));
            }
            return body.stream().flatMap(line -> line.contains("=")
                    ? Stream.of(line)
                    : PhrasePattern.parse(line, lists).phrases().stream()).toList();
        }

        private Topic topic(String name, boolean smallTalk, List<String> body) {
            List<List<String>> questions = new ArrayList<>();
            String answer = "";
            Optional<String> more = Optional.empty();
            for (String line : body) {
                String[] parts = line.split(" ", 2);
                switch (parts[0]) {
                    case "q" -> questions.add(PhrasePattern.parse(parts[1], lists).phrases());
                    case "a" -> answer = parts[1];
                    case "more" -> more = Optional.of(parts[1]);
                    default -> framed(name, parts, questions);
                }
            }
            return new Topic(name, smallTalk, questions, answer, more);
        }

        private void framed(String topic, String[] parts, List<List<String>> questions) {
            List<String> patterns = frames.get(parts[0]);
            if (patterns == null || parts.length != 2) {
                throw new IllegalArgumentException("topic '%s': no frame '%s'".formatted(topic, parts[0]));
            }
            List<String> subjects = PhrasePattern.parse(parts[1], lists).phrases();
            for (String pattern : patterns) {
                List<String> group = new ArrayList<>();
                for (String phrase : PhrasePattern.parse(pattern, lists).phrases()) {
                    subjects.forEach(subject -> group.add(phrase.replace("$", subject)));
                }
                questions.add(group);
            }
        }
    }
}
