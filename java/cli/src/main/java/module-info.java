/** The commands: options in, text out. The jar of the command runs on the class path. */
module dev.sotto.cli {
  requires com.fasterxml.jackson.databind;
  requires dev.sotto.study;
  requires me.tongfei.progressbar;
  requires org.apache.commons.cli;

  exports dev.sotto.cli;
}
