package io.github.jnpu.probe.source;

import io.github.jnpu.probe.Cpu;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ProcessorTopologyTest {
    @Test
    void countsCoresAndThreadsByClass() {
        ByteBuffer list = list();
        core(list, 1, 0b11);
        core(list, 1, 0b1100);
        core(list, 0, 0b10000);
        core(list, 0, 0b100000);
        cache(list, 2, 0, 2 << 20, 0b11);
        cache(list, 1, 2, 48 << 10, 0b11);
        cache(list, 1, 2, 48 << 10, 0b1100);

        ProcessorTopology topology = ProcessorTopology.parse(bytes(list));

        assertThat(topology.cores()).isEqualTo(4);
        assertThat(topology.threads()).isEqualTo(6);
        assertThat(topology.kinds()).containsExactly(new Cpu.CoreKind("performance", 2, 4),
                new Cpu.CoreKind("efficiency", 2, 2));
        assertThat(topology.caches()).containsExactly(new Cpu.Cache(1, "data", 48 << 10, 2),
                new Cpu.Cache(2, "unified", 2 << 20, 2));
    }

    @Test
    void coresOfOneKindHaveNoName() {
        ByteBuffer list = list();
        core(list, 0, 1);
        core(list, 0, 2);

        assertThat(ProcessorTopology.parse(bytes(list)).kinds()).isEmpty();
    }

    @Test
    void passesOverOtherStructures() {
        ByteBuffer list = list();
        // A socket.
        list.putInt(3).putInt(48).position(list.position() + 40);
        core(list, 0, 1);

        assertThat(ProcessorTopology.parse(bytes(list)).cores()).isEqualTo(1);
    }

    @Test
    void refusesAListWithoutCores() {
        assertThatIllegalArgumentException().isThrownBy(() -> ProcessorTopology.parse(new byte[0]));
        assertThatIllegalArgumentException().isThrownBy(() -> ProcessorTopology.parse(new byte[100]));
    }

    @Test
    void brokenListsDoNotLeadAstray() {
        Random random = new Random(6);
        ByteBuffer list = list();
        core(list, 1, 3);
        cache(list, 1, 2, 1, 3);
        core(list, 0, 4);
        byte[] whole = bytes(list);
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] broken = Arrays.copyOf(whole, 1 + random.nextInt(whole.length));
            broken[random.nextInt(broken.length)] = (byte) random.nextInt(256);
            try {
                ProcessorTopology.parse(broken);
            } catch (IllegalArgumentException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(1, 19_999);
    }

    private static ByteBuffer list() {
        return ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] bytes(ByteBuffer list) {
        return Arrays.copyOf(list.array(), list.position());
    }

    private static void core(ByteBuffer list, int efficiency, long mask) {
        int at = list.position();
        list.putInt(at, 0).putInt(at + 4, 48).put(at + 9, (byte) efficiency).putShort(at + 30, (short) 1)
                .putLong(at + 32, mask).position(at + 48);
    }

    private static void cache(ByteBuffer list, int level, int type, int size, long mask) {
        int at = list.position();
        list.putInt(at, 2).putInt(at + 4, 56).put(at + 8, (byte) level).putInt(at + 12, size).putInt(at + 16, type)
                .putShort(at + 38, (short) 1).putLong(at + 40, mask).position(at + 56);
    }
}
