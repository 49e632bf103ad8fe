package io.github.jnpu.samples.extract;

import dev.langchain4j.model.output.structured.Description;

import java.time.LocalDate;
import java.util.List;

/** What is billed to whom. */
@Description("an invoice")
public record Invoice(@Description("of the invoice") String number, LocalDate date, String customer,
        Currency currency, List<Item> items) {
    /** Money of. */
    public enum Currency {
        EUR, USD, GBP
    }

    /** A line of the invoice. */
    public record Item(String article, int quantity, @Description("of one") double price) {}

    /** What has to be paid; computed here, as models are bad at sums. */
    public double total() {
        return items.stream().mapToDouble(item -> item.quantity() * item.price()).sum();
    }
}
