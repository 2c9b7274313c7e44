package dev.sotto.data.synthetic;

import java.util.List;
import java.util.Map;

/** Banks of words and phrases for plain prose about everyday life and the visible world. */
final class EverydayWords {
  private EverydayWords() {}

  static final List<String> WOMEN =
      List.of(
          "Anna", "Clara", "Edith", "Fatima", "Grace", "Helen", "Ines", "Julia", "Karin", "Leila",
          "Maria", "Nora", "Olga", "Rosa", "Sofia", "Vera");

  static final List<String> MEN =
      List.of(
          "Adam", "Bruno", "Carlos", "David", "Emil", "Felix", "George", "Hassan", "Ivan", "Jonas",
          "Lukas", "Martin", "Omar", "Peter", "Samuel", "Thomas");

  static final Map<String, List<String>> BANKS =
      Grammar.banks(
          """
place: market | bakery | library | station | harbor | school | park | river | forest | garden | museum
  | bridge | church | village | town hall | post office | beach | farm | theater | workshop | kitchen
  | office | hospital | pharmacy | bookshop | field | lake | mountain hut | playground | square
food: bread | cheese | soup | rice | apples | pears | plums | cherries | tomatoes | potatoes | carrots
  | onions | beans | fish | eggs | butter | honey | milk | noodles | salad | mushrooms | pancakes | cake
  | oranges | lemons | grapes | nuts | porridge | corn | spinach | cabbage | peas | olives
drink: tea | coffee | water | cider | hot chocolate | lemonade | apple juice
animal: dog | cat | horse | cow | sheep | goat | hen | duck | goose | rabbit | fox | deer | owl | hedgehog
  | squirrel | mouse | sparrow | swallow | pigeon | donkey | frog | heron | bear | wolf | badger | otter
object: basket | lamp | chair | table | ladder | hammer | kettle | blanket | mirror | clock | candle | rope
  | bucket | broom | umbrella | coat | hat | scarf | letter | map | book | newspaper | radio | camera
  | bicycle | boat | cart | knife | spoon | bowl | cup | plate | bottle | box | key | drum | violin | piano
  | kite | ball | pencil | notebook | suitcase | telescope | shovel | wheel | window | door | fence
color: red | blue | green | yellow | white | black | brown | gray | orange | purple | silver | golden
quality: old | new | small | large | heavy | light | broken | clean | dusty | wooden | beautiful | plain
  | cheap | expensive | narrow | wide | round | strange | useful | simple | warm | cold | quiet | noisy
  | soft | hard | smooth | rough | bright | dark | empty | full | strong | thin | thick | famous
mood: happy | tired | curious | proud | calm | nervous | hungry | patient | cheerful | sad | surprised | busy
  | angry | lonely | grateful | careful | brave | shy
weather: the sun was shining | it was raining softly | a cold wind came from the north | snow lay on the roofs
  | the fog was thick | the sky was clear and blue | a storm was near | the air was warm and still
  | clouds covered the hills | the first frost had come | the rain had just stopped
time: in the morning | at noon | in the afternoon | in the evening | late at night | before breakfast
  | after dinner | on Monday | on Tuesday | on Wednesday | on Thursday | on Friday | on Saturday | on Sunday
  | in January | in February | in March | in April | in May | in June | in July | in August | in September
  | in October | in November | in December | last summer | last winter | one day in spring | every autumn
job: baker | teacher | farmer | carpenter | nurse | sailor | driver | painter | gardener | librarian | cook
  | tailor | engineer | musician | fisher | doctor | student | clerk | shoemaker | mechanic | writer | builder
relative: mother | father | sister | brother | grandmother | grandfather | aunt | uncle | cousin | neighbor
  | friend | son | teacher | colleague
adverb: slowly | quickly | carefully | quietly | gladly | suddenly | at once | without a word | with a smile
  | for a long time | again and again | as always | for the first time
amount: two | three | four | five | six | seven | eight | nine | ten | eleven | twelve | twenty | thirty | fifty
  | a hundred
went: walked to | drove to | went to | hurried to | came back from | waited near | worked at | ran to
  | cycled to | stayed at | looked for work at
got: bought | found | sold | carried | borrowed | repaired | lost | painted | cleaned | wanted | brought
  | showed | hid | kept | gave away | broke | opened | packed
did: swept the floor | wrote a long letter | cooked {food} | washed the dishes | watered the flowers
  | read a book about the sea | sang a song | fed the {animal} | cut some wood | mended a shirt | baked a cake
  | counted the money | learned to play the {instrument} | listened to the radio | drank a cup of {drink}
  | fell asleep by the fire | took a photograph of the {animal} | helped {relative2} with the work
  | told a story about a {animal} | planted a row of {food} | painted the fence {color}
instrument: drum | violin | piano | flute | guitar | trumpet
relative2: the old man | the children | the neighbors | a stranger | a young woman | the other workers
said: I will be back before it is dark | you should rest a little | nothing is lost yet | this is the best {food}
  of the year | we need a new {object} | come and look at the {animal} | it is too late for that
  | I have never seen such a {quality} {object} | let us go home | can you help me with the {object}
  | tomorrow will be a better day | the train leaves at {amount} o'clock | please close the door
ending: that was a good day | nobody spoke about it again | they laughed about it for weeks
  | the {object} is still there | from then on the two were friends | it was worth the trouble
  | the house was quiet again | there was {food} for everyone | the next day everything was the same
  | so the problem was solved | and that was how the story ended | both of them slept well that night
habitat: in forests and on farmland | near rivers and lakes | in high mountains | close to people and houses
  | in meadows and gardens | in the cold north | on dry plains | along the coast | in many parts of the world
diet: grass and leaves | seeds and berries | insects and worms | small fish | roots and nuts | almost anything
trait: has sharp eyes and good hearing | can run fast over short distances | sleeps through most of the winter
  | lives in groups | is active mostly at night | builds its home from grass and small branches
  | cares for its young for several months | marks the borders of its land | has thick fur in the cold season
  | lays between {amount} and {amount} eggs | is easily frightened by loud sounds | was kept by people in early times
material: wood | stone | iron | glass | clay | paper | wool | cotton | leather | copper | steel | straw
use: to store food | to carry water | to measure time | to keep the house warm | to build walls | to make clothes
  | to write letters | to cross the sea | to cut bread | to light the room | to repair shoes
region: north | south | east | west | middle
landscape: wide valleys | low hills | dry fields | deep forests | rocky shores | many small lakes | green meadows
industry: farming | fishing | mining | trade | weaving | tourism | shipbuilding | the making of {material} goods
plant: oak | birch | pine | willow | maple | rose | tulip | daisy | lavender | clover | fern | moss | wheat | barley
leafshape: broad leaves | needles | small white flowers | a strong smell | a thick trunk | long roots | red berries
science: Water boils at one hundred degrees and freezes at zero | The moon goes around the earth in about one month
  | Light travels faster than sound | A year has three hundred and sixty five days
  | Plants need light, air and water to grow | Warm air rises because it is lighter than cold air
  | The heart pumps blood through the body | The lungs take oxygen from the air | Iron becomes soft when it is heated
  | Salt dissolves in water | The bones carry the body and the muscles move it | Sound needs air to travel
  | The kidneys clean the blood | The stomach breaks food into small parts | The brain controls the body
  | The skin protects the body from the outside | Sugar gives the body energy | Most metals carry heat well
""");
}
