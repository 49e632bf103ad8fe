package io.github.jnpu.samples.extract;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.langchain4j.model.output.structured.Description;

import java.time.LocalDate;
import java.util.List;

/** What is billed to whom. Without {@code required} a model may leave a property out. */
@Description("an invoice")
public record Invoice(@JsonProperty(required = true) @Description("of the invoice") String number,
        @JsonProperty(required = true) LocalDate date, @JsonProperty(required = true) String customer,
        @JsonProperty(required = true) Currency currency, @JsonProperty(required = true) List<Item> items) {
    /** Money of. */
    public enum Currency {
        EUR, USD, GBP
    }

    /** A line of the invoice. */
    public record Item(@JsonProperty(required = true) String article, @JsonProperty(required = true) int quantity,
            @JsonProperty(required = true) @Description("of one") double price) {}

    /** What has to be paid; computed here, as models are bad at sums. */
    public double total() {
        return items.stream().mapToDouble(item -> item.quantity() * item.price()).sum();
    }
}
