package io.github.jnpu.engine.backend.onnxruntime;

import io.github.jnpu.engine.backend.onnxruntime.capi.AssignedNode;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Which nodes of a network run on the provider that was asked for, and which do not. Of a provider that wants images' channels last, ONNX Runtime 1.29
 * counts none.
 *
 * @param on
 *            how many there are of each operator
 * @param off
 *            the same of those that run on the CPU instead
 */
public record NodeAssignment(Map<String, Long> on, Map<String, Long> off) {
    private static final String CPU = ExecutionProvider.CPU.nodeProvider();

    static NodeAssignment of(List<AssignedNode> nodes, boolean wantsCpu) {
        return new NodeAssignment(count(nodes, wantsCpu, true), count(nodes, wantsCpu, false));
    }

    private static Map<String, Long> count(List<AssignedNode> nodes, boolean wantsCpu, boolean on) {
        return nodes.stream().filter(node -> on == (node.provider().equals(CPU) == wantsCpu))
                .collect(Collectors.groupingBy(AssignedNode::operator, TreeMap::new, Collectors.counting()));
    }

    /** How many nodes run where they were asked to. */
    public int nodesOn() {
        return sum(on);
    }

    /** How many do not. */
    public int nodesOff() {
        return sum(off);
    }

    private static int sum(Map<String, Long> counts) {
        return (int) counts.values().stream().mapToLong(count -> count).sum();
    }

    /** {@code 61 nodes}, or {@code 61 nodes, 2 more on the CPU: Gather 2}. */
    @Override
    public String toString() {
        return (on.isEmpty() ? "nodes that ONNX Runtime does not count" : nodesOn() + " nodes") + (off.isEmpty()
                ? ""
                : ", %d more on the CPU: %s".formatted(nodesOff(), off.entrySet().stream()
                        .map(entry -> entry.getKey() + " " + entry.getValue()).collect(Collectors.joining(", "))));
    }
}
