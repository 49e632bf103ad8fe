package io.github.jnpu.samples.demo.corpus;

import io.github.jnpu.samples.demo.corpus.Conversation.Message;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Pattern;

/** Draws sums, differences, products and divisions of numbers to 20, in digits and in words. */
public final class ArithmeticSource implements ConversationSource {
    static final String TOO_LARGE = "I only know arithmetic with numbers to 20.";
    private static final int HELD_OUT_PERCENT = 7;
    private static final int TOO_LARGE_PERCENT = 6;
    private static final int WORDS_PERCENT = 25;
    private static final int LARGEST = 20;
    private static final int LARGEST_FACTOR = 10;
    private static final List<String> WORDS = List.of("zero", "one", "two", "three", "four", "five", "six", "seven",
            "eight",
            "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
            "nineteen", "twenty");

    private enum Operation {
        PLUS("plus", "+"), MINUS("minus", "-"), TIMES("times", "*"), DIVIDE("divide", "/");

        private final String list;
        private final String sign;

        Operation(String list, String sign) {
            this.list = list;
            this.sign = sign;
        }
    }

    private record Problem(Operation operation, int a, int b) {
        String answer() {
            int result = switch (operation) {
                case PLUS -> a + b;
                case MINUS -> a - b;
                case TIMES -> a * b;
                case DIVIDE -> a / b;
            };
            return "%d %s %d = %d.".formatted(a, operation.sign, b, result);
        }

        /** With its numbers in a phrasing; signs are written closely or apart. */
        String question(String phrase, boolean words, boolean close) {
            String text = close ? phrase.replaceAll("(?<=\\$a) ([-+*/x]) (?=\\$b)", "$1") : phrase;
            return text.replace("$a", words ? WORDS.get(a) : Integer.toString(a)).replace("$b",
                    words ? WORDS.get(b) : Integer.toString(b));
        }
    }

    private final PhraseBook phrases = new PhraseBook();
    private final Random random;

    public ArithmeticSource(long seed) {
        this.random = new Random(seed);
    }

    @Override
    public Conversation next() {
        List<Message> messages = new ArrayList<>();
        int questions = random.nextInt(100) < 50 ? 1 : random.nextInt(2, 6);
        for (int i = 0; i < questions; i++) {
            if (random.nextInt(100) < TOO_LARGE_PERCENT) {
                messages.add(Message.user(PhraseBook.write(tooLarge(), random)));
                messages.add(Message.assistant(TOO_LARGE));
                continue;
            }
            Problem problem = problem(random);
            String phrase = phrases.pick(problem.operation.list, random);
            // What is held out is a phrasing with its numbers, however they are written.
            while (isHeldOut(phrase, problem)) {
                problem = problem(random);
                phrase = phrases.pick(problem.operation.list, random);
            }
            String question = question(phrase, problem);
            if (HeldOut.isFreelyWritten(question)) {
                continue;
            }
            messages.add(Message.user(PhraseBook.write(question, random)));
            messages.add(Message.assistant(problem.answer()));
        }
        if (messages.isEmpty()) {
            return next();
        }
        Optional<String> system = random.nextInt(100) < 8
                ? Optional.of("You are a helpful assistant.")
                : Optional.empty();
        return new Conversation(system, List.of(), messages);
    }

    private String question(String phrase, Problem problem) {
        boolean words = random.nextInt(100) < WORDS_PERCENT;
        return problem.question(phrase, words, !words && random.nextInt(3) == 0)
                .replace("$things", phrases.pick("things", random));
    }

    /** The question with one number beyond those that the model knows. */
    private String tooLarge() {
        Operation operation = Operation.values()[random.nextInt(4)];
        int large = random.nextInt(3) == 0 ? random.nextInt(1000, 100_000) : random.nextInt(41, 1000);
        int other = random.nextInt(3) == 0 ? random.nextInt(2, LARGEST) : random.nextInt(41, 1000);
        boolean first = operation == Operation.DIVIDE || random.nextBoolean();
        return new Problem(operation, first ? large : other, first ? other : large)
                .question(phrases.pick(operation.list, random), false, random.nextInt(3) == 0)
                .replace("$things", phrases.pick("things", random));
    }

    private static Problem problem(Random random) {
        int a = random.nextInt(LARGEST + 1);
        int b = random.nextInt(LARGEST + 1);
        int dice = random.nextInt(100);
        if (dice < 38) {
            return new Problem(Operation.PLUS, a, b);
        }
        if (dice < 70) {
            return new Problem(Operation.MINUS, Math.max(a, b), Math.min(a, b));
        }
        if (dice < 90) {
            return new Problem(Operation.TIMES, random.nextInt(LARGEST_FACTOR + 1), random.nextInt(LARGEST_FACTOR + 1));
        }
        int divisor = random.nextInt(1, LARGEST_FACTOR + 1);
        return new Problem(Operation.DIVIDE, divisor * random.nextInt(LARGEST / divisor + 1), divisor);
    }

    /** The answer to a problem such as {@code 7+5}. */
    static String answerFor(String problem) {
        for (Operation operation : Operation.values()) {
            String[] numbers = problem.split(Pattern.quote(operation.sign));
            if (numbers.length == 2) {
                return new Problem(operation, Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1])).answer();
            }
        }
        throw new IllegalArgumentException("'%s' is no problem".formatted(problem));
    }

    private static boolean isHeldOut(String phrase, Problem problem) {
        return HeldOut.is(phrase + " " + problem.answer(), HELD_OUT_PERCENT);
    }

    /**
     * Questions that are never drawn: pairs of a phrasing and two numbers.
     *
     * @param count
     *            how many of them
     */
    public static List<Conversation> heldOut(int count) {
        ArithmeticSource source = new ArithmeticSource(count);
        List<Conversation> chats = new ArrayList<>();
        while (chats.size() < count) {
            Problem problem = problem(source.random);
            String phrase = source.phrases.pick(problem.operation.list, source.random);
            if (isHeldOut(phrase, problem)) {
                chats.add(Conversation.of(PhraseBook.capitalized(source.question(phrase, problem)) + "?",
                        problem.answer()));
            }
        }
        return List.copyOf(chats);
    }
}
