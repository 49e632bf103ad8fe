package io.github.jnpu.engine.placement;

import io.github.jnpu.convert.graph.DecoderGraph;
import io.github.jnpu.engine.backend.ComputeBackend;
import io.github.jnpu.engine.backend.DecoderOptions;
import io.github.jnpu.engine.backend.MemoryEstimate;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How a network is divided among devices: most are not, and have one share.
 *
 * @param shares
 *            in the order of the layers, without gaps; at least one
 * @param halves
 *            whether layers are counted by halves ({@link DecoderGraph#halves}), and shares alternate between two devices
 */
public record Division(List<Share> shares, boolean halves) {
    /**
     * Some layers and what runs them.
     *
     * @param from
     *            the first layer, from 0
     * @param to
     *            one more than the last
     */
    public record Share(ComputeBackend backend, int from, int to) {}

    public Division {
        shares = List.copyOf(shares);
    }

    static Division whole(ComputeBackend backend, DecoderGraph graph) {
        return new Division(List.of(new Share(backend, 0, graph.layers().size())), false);
    }

    boolean isWhole() {
        return shares.size() == 1;
    }

    /** The network in which layers are counted as here. */
    DecoderGraph countedIn(DecoderGraph graph) {
        return halves ? graph.halves() : graph;
    }

    /** The part of a network that a share runs. */
    DecoderGraph part(DecoderGraph graph, Share share) {
        return isWhole() ? graph : countedIn(graph).part(share.from(), share.to());
    }

    /** The backends, each once. */
    List<ComputeBackend> backends() {
        return shares.stream().map(Share::backend).distinct().toList();
    }

    boolean needsSelfCheck() {
        return backends().stream().anyMatch(ComputeBackend::needsSelfCheck);
    }

    /** What the parts take of memory together; see {@link ComputeBackend#estimate}. */
    public MemoryEstimate estimate(DecoderGraph graph, DecoderOptions options, int contextLength) {
        List<MemoryEstimate> parts = new ArrayList<>();
        for (Share share : shares) {
            parts.add(share.backend().estimate(part(graph, share), options, contextLength));
        }
        return MemoryEstimate.sum(parts);
    }

    /** As users write it: {@code onnxruntime:webgpu@8+vector}. */
    @Override
    public String toString() {
        if (halves) {
            return "attn:%s+ffn:%s".formatted(shares.get(0).backend().target(), shares.get(1).backend().target());
        }
        return shares.stream().map(share -> share == shares.getLast()
                ? share.backend().target()
                : "%s@%d".formatted(share.backend().target(), share.to() - share.from()))
                .collect(Collectors.joining("+"));
    }

    /** For people: the devices. */
    String devices() {
        return backends().stream().map(ComputeBackend::device).distinct().collect(Collectors.joining(" and "));
    }
}
