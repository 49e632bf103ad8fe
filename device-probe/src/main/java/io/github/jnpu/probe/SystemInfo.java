package io.github.jnpu.probe;

import java.util.Objects;

/**
 * The operating system and what it runs in.
 *
 * @param family
 *            which kind of system
 * @param name
 *            with its version, as it calls itself: {@code Debian GNU/Linux 12 (bookworm)}
 * @param kernel
 *            the kernel's version; empty if unknown
 * @param architecture
 *            {@code x86_64} or {@code aarch64}, whatever the system calls it; empty if unknown
 * @param virtualization
 *            a hypervisor that this machine is a guest of: {@code KVM}, {@code WSL2}, {@code Hyper-V}; empty if there is none to be seen
 * @param container
 *            what this process is contained in: {@code Docker}, {@code Kubernetes}; empty if in nothing
 */
public record SystemInfo(Family family, String name, String kernel, String architecture, String virtualization,
        String container) {
    /** Kinds of operating systems. */
    public enum Family {
        LINUX, WINDOWS, MACOS, OTHER
    }

    public SystemInfo {
        Objects.requireNonNull(family);
        name = Texts.name(name);
        kernel = Texts.name(kernel);
        architecture = Texts.name(architecture);
        virtualization = Texts.name(virtualization);
        container = Texts.name(container);
    }
}
