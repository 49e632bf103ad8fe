package io.github.jnpu.engine.placement;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What somebody wants a stage to run on: the first of some alternatives that can.
 *
 * @param alternatives
 *            at least one
 */
public record StageWish(List<Split> alternatives) {
    static final StageWish AUTO = new StageWish(List.of(new Split(List.of(new Share(Target.AUTO, 0)), false)));
    private static final String ATTENTION = "attn:";
    private static final String FEED_FORWARD = "ffn:";

    /**
     * A stage on one target, or cut and shared by several.
     *
     * @param shares
     *            one after the other by layers; or, if {@code halves}, two: attention, and what follows it in each layer
     */
    public record Split(List<Share> shares, boolean halves) {
        public Split {
            shares = List.copyOf(shares);
        }

        @Override
        public String toString() {
            if (halves) {
                return ATTENTION + shares.getFirst() + "+" + FEED_FORWARD + shares.getLast();
            }
            return shares.stream().map(Share::toString).collect(Collectors.joining("+"));
        }
    }

    /**
     * Some layers on a target.
     *
     * @param layers
     *            how many; 0 for all that are left
     */
    public record Share(Target target, int layers) {
        @Override
        public String toString() {
            return layers == 0 ? target.toString() : "%s@%d".formatted(target, layers);
        }
    }

    public StageWish {
        alternatives = List.copyOf(alternatives);
    }

    static StageWish parse(String text) {
        List<Split> splits = new ArrayList<>();
        for (String alternative : text.split(Pattern.quote("|"), -1)) {
            splits.add(parseSplit(alternative.strip()));
        }
        return new StageWish(splits);
    }

    private static Split parseSplit(String text) {
        String[] parts = text.split(Pattern.quote("+"), -1);
        if (text.startsWith(ATTENTION)) {
            if (parts.length != 2 || !parts[1].startsWith(FEED_FORWARD)) {
                throw new IllegalArgumentException("'%s' is not attn:DEVICE+ffn:DEVICE".formatted(text));
            }
            return new Split(List.of(new Share(Target.parse(parts[0].substring(ATTENTION.length())), 0),
                    new Share(Target.parse(parts[1].substring(FEED_FORWARD.length())), 0)), true);
        }
        List<Share> shares = new ArrayList<>();
        for (int i = 0; i < parts.length; i++) {
            boolean last = i == parts.length - 1;
            int at = parts[i].lastIndexOf('@');
            if (last != at < 0) {
                throw new IllegalArgumentException(
                        "'%s': every part of a split but the last says its layers, as in gpu@8+cpu".formatted(text));
            }
            shares.add(last
                    ? new Share(Target.parse(parts[i]), 0)
                    : new Share(Target.parse(parts[i].substring(0, at)), layers(text, parts[i].substring(at + 1))));
        }
        return new Split(shares, false);
    }

    private static int layers(String text, String digits) {
        try {
            int layers = Integer.parseInt(digits.strip());
            if (layers > 0) {
                return layers;
            }
        } catch (NumberFormatException _) {
            // Said below.
        }
        throw new IllegalArgumentException("'%s': '%s' is not a number of layers".formatted(text, digits));
    }

    /** Whether nothing in particular is wished. */
    boolean isAuto() {
        return equals(AUTO);
    }

    @Override
    public String toString() {
        return alternatives.stream().map(Split::toString).collect(Collectors.joining("|"));
    }
}
