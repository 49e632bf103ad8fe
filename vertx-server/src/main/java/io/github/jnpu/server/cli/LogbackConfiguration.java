package io.github.jnpu.server.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;

/**
 * Where log messages go: standard error, because standard output belongs to answers. {@code JNPU_LOG} sets the level
 * ({@code debug}, {@code info}, {@code warn}, {@code error}, {@code off}). In code, because logback's XML reader takes a
 * tenth of a second at each start; an XML file can still be used: {@code -Dlogback.configurationFile=FILE}.
 */
@ConfiguratorRank(value = ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class LogbackConfiguration extends ContextAwareBase implements Configurator {
    /** Set by commands whose work the log describes, such as {@code serve}. */
    static final String LEVEL = "jnpu.log";

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        if (System.getProperty("logback.configurationFile") != null) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg%n%ex{short}");
        encoder.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setTarget("System.err");
        appender.setEncoder(encoder);
        appender.start();

        Level level = Level.toLevel(System.getenv("JNPU_LOG"), Level.toLevel(System.getProperty(LEVEL), Level.WARN));
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.addAppender(appender);
        // Libraries have much to say at their lower levels that is of no use to the reader of ours.
        root.setLevel(level.isGreaterOrEqual(Level.WARN) ? level : Level.WARN);
        context.getLogger("io.github.jnpu").setLevel(level);
        // It prints a stack trace for a path that cannot be decoded; our failure handler logs what is our own.
        context.getLogger("io.vertx.ext.web.RoutingContext").setLevel(Level.OFF);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}
