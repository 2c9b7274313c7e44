package dev.sotto.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.AtomicFile;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.base.JsonFields;
import dev.sotto.chat.ChatForm;
import dev.sotto.compute.Pooling;
import dev.sotto.data.Framing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What an adapter was trained for, apart from its weights: {@code sotto.json} beside PEFT's files.
 * One that goes on with text keeps what stands around it; one that scores sequences, which the
 * tokenizer frames, keeps its task; one that was trained on conversations keeps how they become
 * text.
 *
 * <pre>{@code
 * {"frame" : {"begin" : true, "end" : true}}
 * {"frame" : {"begin" : false, "end" : false}, "chat" : {"template" : "…", "clock" : "2026-07-26T09:05:00"}}
 * {"task" : {"kind" : "classify", "labels" : ["negative", "positive"], "pooling" : "mean"}}
 * }</pre>
 *
 * @param framing what stands around a text that is gone on with
 * @param task what sequences are scored for; empty of an adapter that goes on with text
 * @param pooling how a sequence becomes one vector; empty for the model's own head
 * @param chat by what conversations became text; empty of an adapter that learned other records
 */
public record AdapterNotes(
    Framing framing,
    Optional<Task.Scored> task,
    Optional<Pooling> pooling,
    Optional<ChatForm> chat) {
  /** Name of the file in an adapter directory. */
  public static final String FILE_NAME = "sotto.json";

  /** Of an adapter of another program: nothing is known. */
  public static final AdapterNotes NONE = of(Framing.OF_THE_TOKENIZER, Optional.empty());

  private static final String FRAME = "frame";
  private static final String CHAT = "chat";
  private static final String TASK = "task";
  private static final String CLASSIFY = "classify";
  private static final String REGRESS = "regress";
  private static final String FIX = "train the adapter again";

  /** Of an adapter that goes on with text. */
  public static AdapterNotes of(Framing framing) {
    return of(framing, Optional.empty());
  }

  /** The same of one that may have learned conversations. */
  public static AdapterNotes of(Framing framing, Optional<ChatForm> chat) {
    return new AdapterNotes(framing, Optional.empty(), Optional.empty(), chat);
  }

  /** Of an adapter that scores sequences. */
  public static AdapterNotes of(Task.Scored task, Optional<Pooling> pooling) {
    return new AdapterNotes(Framing.OF_THE_TOKENIZER, Optional.of(task), pooling, Optional.empty());
  }

  /**
   * Reads the file of an adapter directory.
   *
   * @return {@link #NONE} where there is none, as in adapters of other programs
   * @throws InputException if it is no such file
   */
  public static AdapterNotes read(Path adapterDir) {
    Path file = adapterDir.resolve(FILE_NAME);
    if (!Files.exists(file)) {
      return NONE;
    }
    JsonFields root = JsonFields.of(file, Json.read(file, FIX));
    JsonFields task = root.objectOrNull(TASK);
    if (task == null) {
      Framing framing = Framing.of(root.object(FRAME));
      Optional<ChatForm> chat = Optional.ofNullable(root.objectOrNull(CHAT)).map(ChatForm::of);
      root.refuseUnknown();
      return of(framing, chat);
    }
    // Written beside a task once, and never used.
    JsonFields unused = root.objectOrNull(FRAME);
    if (unused != null) {
      Framing.of(unused);
    }
    root.refuseUnknown();
    Optional<Pooling> pooling =
        Optional.ofNullable(task.textOr("pooling", null)).map(word -> pooling(task, word));
    String kind = task.text("kind");
    Task.Scored scored =
        switch (kind) {
          case CLASSIFY -> new Task.Classify(labels(task));
          case REGRESS -> new Task.Regress(LabelRange.parse(task.text("range")));
          default -> throw task.wrong("kind", kind, "it must be classify or regress");
        };
    task.refuseUnknown();
    return of(scored, pooling);
  }

  private static Pooling pooling(JsonFields task, String word) {
    for (Pooling pooling : Pooling.values()) {
      if (word(pooling).equals(word)) {
        return pooling;
      }
    }
    throw task.wrong("pooling", word, "it must be mean, first or last");
  }

  private static Labels labels(JsonFields task) {
    List<String> names = task.list("labels", FIX, JsonNode::asText);
    return task.checked(() -> new Labels(names, task.flagOr("labels_from_private_data", false)));
  }

  /**
   * Writes the file of an adapter directory.
   *
   * @param adapterDir an existing directory
   * @throws InputException if it cannot be written
   * @throws java.util.NoSuchElementException if there is no task, and a switch of the frame is not
   *     chosen
   */
  public void write(Path adapterDir) {
    ObjectNode root = Json.object();
    task.ifPresentOrElse(
        scored -> write(scored, root.putObject(TASK)), () -> framing.into(root.putObject(FRAME)));
    chat.ifPresent(form -> form.into(root.putObject(CHAT)));
    AtomicFile.write(adapterDir.resolve(FILE_NAME), Json.file(root));
  }

  private void write(Task.Scored scored, ObjectNode into) {
    if (scored instanceof Task.Classify classify) {
      into.put("kind", CLASSIFY);
      ArrayNode names = into.putArray("labels");
      classify.labels().names().forEach(names::add);
      if (classify.labels().fromPrivateData()) {
        into.put("labels_from_private_data", true);
      }
    } else if (scored instanceof Task.Regress regress) {
      into.put("kind", REGRESS).put("range", regress.range().toString());
    }
    pooling.ifPresent(kind -> into.put("pooling", word(kind)));
  }

  private static String word(Pooling pooling) {
    return pooling.name().toLowerCase(Locale.ROOT);
  }
}
