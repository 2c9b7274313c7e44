/** What every module above the core needs to meet users and disks. */
module dev.sotto.base {
  requires transitive com.fasterxml.jackson.databind;

  exports dev.sotto.base;
}
