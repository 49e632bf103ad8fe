package io.github.jnpu.engine.backend.cpu;

import io.github.jnpu.convert.graph.Operation.Attention;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * The steps of attention.
 *
 * <p>The context is cut into the cache's chunks. A query gathers each chunk by itself, page after page with an
 * online softmax, and the chunks are added in their order. All borders are absolute positions: what a token gets does not depend
 * on where a prompt was cut, on the number of threads, or on whether it came alone, in which case the workers share the chunks.
 */
final class AttentionSteps {
    private static final int CHUNK = KeyValueCache.CHUNK;

    private AttentionSteps() {}

    /** Appends keys and values to the cache. */
    record Remember(AttentionKernels kernels, Attention attention, float[] key, float[] value, Object cacheOfLayer)
            implements
                Step {
        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            int heads = attention.keyValueHeads();
            int keyWidth = attention.keyWidth();
            int valueWidth = attention.valueWidth();
            int tasks = rows * heads;
            // Head by head: keys of neighbouring positions share cache lines, which two workers should not write.
            for (int task = Step.share(tasks, worker, workers), end = Step.share(tasks, worker + 1,
                    workers); task < end; task++) {
                int head = task / rows;
                int token = task % rows;
                int position = batch.position(token);
                KeyValueCache cache = batch.cache(token);
                MemorySegment page = cache.chunk(attention.layer(), position);
                int inPage = position % KeyValueCache.PAGE;
                kernels.storeKey(key, (token * heads + head) * keyWidth, keyWidth, page,
                        cache.keyOffset(head, position), inPage,
                        cache.type());
                kernels.storeValue(value, (token * heads + head) * valueWidth, valueWidth, page,
                        cache.valueOffset(head, position), inPage, cache.type());
            }
        }

        @Override
        public List<Object> reads() {
            return List.of(key, value);
        }

        @Override
        public List<Object> writes() {
            return List.of(cacheOfLayer);
        }
    }

    /**
     * Attends over the cache: whole chunks, if there is one token and more than one chunk, else whole tokens.
     *
     * @param workspaces
     *            one for each worker
     * @param results
     *            what a single token's heads gathered in each chunk
     */
    record Attend(AttentionKernels kernels, Attention attention, float[] query, float[] output,
            AttentionWorkspace[] workspaces, ChunkResults results, Object cacheOfLayer) implements Step {

        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            AttentionWorkspace workspace = workspaces[worker];
            int heads = attention.keyValueHeads();
            if (rows == 1) {
                int chunks = chunks(batch.position(0));
                int tasks = heads * chunks;
                int first = Step.share(tasks, worker, workers);
                int end = Step.share(tasks, worker + 1, workers);
                // Shared head by head, which is even; run chunk by chunk, as the memory lies.
                for (int chunk = 0; chunk < chunks; chunk++) {
                    for (int head = 0; head < heads; head++) {
                        int task = head * chunks + chunk;
                        if (task >= first && task < end) {
                            attendToChunk(batch, workspace, head, chunk, chunks);
                        }
                    }
                }
                return;
            }
            int tokens = batch.ofSeveralTexts() ? 1 : AttentionWorkspace.tokens(group());
            int tasks = (rows + tokens - 1) / tokens * heads;
            for (int task = worker; task < tasks; task += workers) {
                int firstToken = task / heads * tokens;
                attend(batch, workspace, task % heads, firstToken, Math.min(rows, firstToken + tokens));
            }
        }

        int group() {
            return attention.heads() / attention.keyValueHeads();
        }

        int firstChunk(int position) {
            return oldest(position) / CHUNK;
        }

        /** How many chunks the token at a position sees. */
        int chunks(int position) {
            return position / CHUNK + 1 - firstChunk(position);
        }

        /** The first position that the token at a position sees. */
        private int oldest(int position) {
            return attention.slidingWindow() == 0 ? 0 : Math.max(0, position + 1 - attention.slidingWindow());
        }

        /** Where a query head and token begins in the queries or outputs. */
        private int rowOffset(int token, int head, int width) {
            return (token * attention.heads() + head) * width;
        }

        private void attendToChunk(Batch batch, AttentionWorkspace workspace, int head, int chunk, int chunks) {
            gatherQueries(workspace, head, 0, 1);
            gather(batch, workspace, head, 0, 1, firstChunk(batch.position(0)) + chunk);
            for (int g = 0; g < group(); g++) {
                int queryHead = head * group() + g;
                if (chunks == 1) {
                    workspace.chunk().finishRow(g, output, rowOffset(0, queryHead, attention.valueWidth()),
                            attention.valueWidth());
                } else {
                    results.state().copyRow(chunk * attention.heads() + queryHead, workspace.chunk(), g);
                }
            }
        }

        private void attend(Batch batch, AttentionWorkspace workspace, int head, int firstToken, int endToken) {
            gatherQueries(workspace, head, firstToken, endToken);
            AttentionState total = workspace.total();
            total.clear(0, (endToken - firstToken) * group());
            int lastChunk = batch.position(endToken - 1) / CHUNK;
            for (int chunk = firstChunk(batch.position(firstToken)); chunk <= lastChunk; chunk++) {
                gather(batch, workspace, head, firstToken, endToken, chunk);
                for (int token = firstToken; token < endToken; token++) {
                    int position = batch.position(token);
                    if (chunk < firstChunk(position) || chunk > position / CHUNK) {
                        continue;
                    }
                    for (int row = (token - firstToken) * group(), end = row + group(); row < end; row++) {
                        total.addRow(row, workspace.chunk(), row);
                    }
                }
            }
            for (int token = firstToken; token < endToken; token++) {
                for (int g = 0; g < group(); g++) {
                    total.finishRow((token - firstToken) * group() + g, output,
                            rowOffset(token, head * group() + g, attention.valueWidth()), attention.valueWidth());
                }
            }
        }

        /** The queries that share a key-value head, side by side and scaled. */
        private void gatherQueries(AttentionWorkspace workspace, int head, int firstToken, int endToken) {
            int length = group() * attention.keyWidth();
            float scale = attention.scale();
            float[] queries = workspace.queries();
            for (int token = firstToken; token < endToken; token++) {
                int from = rowOffset(token, head * group(), attention.keyWidth());
                int to = (token - firstToken) * length;
                for (int i = 0; i < length; i++) {
                    queries[to + i] = query[from + i] * scale;
                }
            }
        }

        /** What some tokens gather in one chunk. */
        private void gather(Batch batch, AttentionWorkspace workspace, int head, int firstToken, int endToken,
                int chunk) {
            KeyValueCache cache = batch.cache(firstToken);
            workspace.chunk().clear(0, (endToken - firstToken) * group());
            int from = Math.max(chunk * CHUNK, oldest(batch.position(firstToken)));
            int to = Math.min((chunk + 1) * CHUNK, batch.position(endToken - 1) + 1);
            MemorySegment memory = cache.chunk(attention.layer(), from);
            for (int page = from - from % KeyValueCache.PAGE; page < to; page += KeyValueCache.PAGE) {
                if (endToken == firstToken + 1) {
                    gatherOnce(workspace, cache, memory, head, batch.position(firstToken), page);
                    continue;
                }
                kernels.loadKeys(memory, cache.keyOffset(head, page), attention.keyWidth(), cache.type(),
                        workspace.keys());
                kernels.loadValues(memory, cache.valueOffset(head, page), attention.valueWidth(), cache.type(),
                        workspace.values());
                gatherPage(batch, workspace, page, firstToken, endToken);
            }
        }

        /** A single token uses the page but once: straight from memory. */
        private void gatherOnce(AttentionWorkspace workspace, KeyValueCache cache, MemorySegment page, int head,
                int position, int start) {
            int panel = AttentionKernels.PANEL;
            int rows = group();
            int from = firstSeen(position, start);
            int to = endSeen(position, start);
            AttentionState chunk = workspace.chunk();
            float[] scores = workspace.scores();
            Arrays.fill(scores, 0, rows * panel, 0);
            kernels.addScores(workspace.queries(), 0, rows, page, cache.keyOffset(head, start), attention.keyWidth(),
                    cache.type(), scores, workspace.keys());
            kernels.weigh(scores, rows, from, to, chunk, 0);
            kernels.addValues(scores, rows, from, to, page, cache.valueOffset(head, start), attention.valueWidth(),
                    cache.type(), chunk, 0, workspace.values());
        }

        /** Tokens that see the whole page go together, others one by one. */
        private void gatherPage(Batch batch, AttentionWorkspace workspace, int start, int firstToken, int endToken) {
            for (int token = firstToken; token < endToken;) {
                int from = firstSeen(batch.position(token), start);
                int to = endSeen(batch.position(token), start);
                int end = token + 1;
                if (from == 0 && to == KeyValueCache.PAGE) {
                    while (end < endToken && firstSeen(batch.position(end), start) == 0) {
                        end++;
                    }
                }
                if (from < to) {
                    gatherRows(workspace, (token - firstToken) * group(), (end - token) * group(), from, to);
                }
                token = end;
            }
        }

        private int firstSeen(int position, int start) {
            return Math.max(0, oldest(position) - start);
        }

        private static int endSeen(int position, int start) {
            return Math.min(KeyValueCache.PAGE, position + 1 - start);
        }

        private void gatherRows(AttentionWorkspace workspace, int firstRow, int rows, int from, int to) {
            int panel = AttentionKernels.PANEL;
            int keyWidth = attention.keyWidth();
            AttentionState chunk = workspace.chunk();
            float[] scores = workspace.scores();
            Arrays.fill(scores, 0, rows * panel, 0);
            kernels.multiplyAdd(workspace.queries(), firstRow * keyWidth, keyWidth, rows, 0, keyWidth,
                    workspace.keys(), 0, panel, scores, 0, panel);
            kernels.weigh(scores, rows, from, to, chunk, firstRow);
            for (int column = 0; column < attention.valueWidth(); column += panel) {
                kernels.multiplyAdd(scores, 0, panel, rows, from, to, workspace.values(), column * panel,
                        Math.min(panel, attention.valueWidth() - column), chunk.outputs(),
                        firstRow * chunk.stride() + column, chunk.stride());
            }
        }

        @Override
        public List<Object> reads() {
            return List.of(query, cacheOfLayer);
        }

        @Override
        public List<Object> writes() {
            return List.of(output, results);
        }
    }

    /** Adds the chunks of a single token; nothing is left to do if it saw but one, or if there were more tokens. */
    record AddChunks(Attend attend) implements Step {
        @Override
        public void run(Batch batch, int rows, int worker, int workers) {
            int chunks = attend.chunks(batch.position(0));
            if (rows > 1 || chunks == 1) {
                return;
            }
            int heads = attend.attention().heads();
            int valueWidth = attend.attention().valueWidth();
            AttentionState state = attend.results().state();
            for (int head = Step.share(heads, worker, workers), end = Step.share(heads, worker + 1,
                    workers); head < end; head++) {
                for (int chunk = 1; chunk < chunks; chunk++) {
                    state.addRow(head, state, chunk * heads + head);
                }
                state.finishRow(head, attend.output(), head * valueWidth, valueWidth);
            }
        }

        @Override
        public List<Object> reads() {
            return List.of(attend.results());
        }

        @Override
        public List<Object> writes() {
            return List.of(attend.output(), attend.results());
        }
    }

    /** Room for what a single token's query heads gather in each chunk: [chunks][heads]. All layers share it. */
    static final class ChunkResults {
        private final int heads;
        private final int valueWidth;
        private AttentionState state;

        ChunkResults(int heads, int valueWidth) {
            this.heads = heads;
            this.valueWidth = valueWidth;
            this.state = AttentionState.of(0, valueWidth);
        }

        /** Makes room for a context of this many tokens; twice as much as before at least, so that it seldom happens. */
        void reserve(int positions) {
            int rows = Math.multiplyExact((positions + CHUNK - 1) / CHUNK, heads);
            if (state.rows() < rows) {
                state = AttentionState.of(Math.max(rows, 2 * state.rows()), valueWidth);
            }
        }

        AttentionState state() {
            return state;
        }
    }
}
