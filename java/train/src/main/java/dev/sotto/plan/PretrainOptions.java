package dev.sotto.plan;

import dev.sotto.checkpoint.DataType;
import dev.sotto.data.DataColumns;
import dev.sotto.data.RecordOptions;
import java.nio.file.Path;

/**
 * Everything {@link PretrainRun} needs to know.
 *
 * @param config configuration to start from
 * @param tokenizer directory or file, or null to build a vocabulary
 * @param vocabularySize most entries of a vocabulary to build
 * @param train public records
 * @param columns where the text is
 * @param reading what a record of a text file is, and whether messages may quote records
 * @param separator between prompt and completion
 * @param output directory to make
 * @param maxLength tokens of a block; 0 for the default
 * @param defaultLength default of {@code maxLength}, unless the model allows less
 * @param steps number of steps; 0 to take {@code epochs}
 * @param epochs passes over the data
 * @param batchTokens most tokens of a batch
 * @param learningRate peak rate
 * @param seed of weights and order
 * @param dtype of the stored weights
 * @param backend backend name
 * @param threads worker threads, 0 for all
 */
public record PretrainOptions(
    Path config,
    Path tokenizer,
    int vocabularySize,
    Path train,
    DataColumns columns,
    RecordOptions reading,
    String separator,
    Path output,
    int maxLength,
    int defaultLength,
    long steps,
    double epochs,
    int batchTokens,
    double learningRate,
    long seed,
    DataType dtype,
    String backend,
    int threads) {}
