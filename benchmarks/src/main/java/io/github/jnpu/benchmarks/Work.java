package io.github.jnpu.benchmarks;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What a product did, for JMH to divide by the time. As results are in operations per nanosecond, {@link #mac} comes out in
 * MAC/ns and {@link #bytes} in bytes/ns, which is GB/s.
 */
@AuxCounters(AuxCounters.Type.OPERATIONS)
@State(Scope.Thread)
public class Work {
    /** Multiplications with addition. */
    public long mac;
    /** Bytes read from weights or the KV cache, as they are stored. */
    public long bytes;
}
