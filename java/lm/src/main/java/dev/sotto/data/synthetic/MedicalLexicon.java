package dev.sotto.data.synthetic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * The little medicine that both generators know, so that the public text holds every word of the
 * notes. It is believable, not advice.
 */
final class MedicalLexicon {
  private MedicalLexicon() {}

  /** A lasting condition: from which age it is met, what is taken for it, what it is. */
  record Condition(String name, int fromAge, List<String> medicines, String meaning) {}

  /**
   * A reason to come: what is found, what was tested with what outcome, what it is, what is done,
   * what it does not come with, and what it is in plain words.
   */
  record Complaint(
      String name,
      String finding,
      String test,
      String outcome,
      String diagnosis,
      String treatment,
      String denied,
      String meaning) {}

  /** A short form of the notes and the words it stands for. */
  record ShortForm(String letters, String words) {}

  static final List<Condition> CONDITIONS =
      rows(
          """
          hypertension | 40 | lisinopril 10 mg daily; amlodipine 5 mg daily | the pressure of the blood in the vessels stays too high
          type 2 diabetes | 35 | metformin 500 mg twice daily; insulin 20 units at bedtime | the body cannot keep the sugar in the blood in balance
          asthma | 18 | albuterol inhaler as needed; budesonide inhaler twice daily | the airways of the lungs become narrow and swollen
          COPD | 50 | tiotropium inhaler daily; prednisone 10 mg daily | the lungs lose their strength, often after years of smoking
          atrial fibrillation | 60 | apixaban 5 mg twice daily; metoprolol 25 mg twice daily | the upper chambers of the heart beat without order
          heart failure | 60 | furosemide 40 mg daily; carvedilol 12 mg twice daily | the heart is too weak to pump all the blood that the body needs
          coronary artery disease | 50 | aspirin 81 mg daily; atorvastatin 40 mg nightly | the vessels that feed the heart become narrow
          high cholesterol | 40 | atorvastatin 20 mg nightly; simvastatin 20 mg nightly | there is too much fat in the blood
          hypothyroidism | 25 | levothyroxine 75 mcg daily | the gland in the neck makes too little hormone
          depression | 18 | sertraline 50 mg daily; citalopram 20 mg daily | a low mood stays for weeks and takes the joy from the day
          anxiety | 18 | sertraline 25 mg daily; buspirone 10 mg twice daily | worry comes often and is hard to stop
          reflux | 25 | omeprazole 20 mg daily; famotidine 20 mg nightly | acid rises from the stomach and burns
          chronic kidney disease | 55 | sodium bicarbonate twice daily; lisinopril 5 mg daily | the kidneys slowly lose the power to clean the blood
          osteoarthritis | 50 | acetaminophen 500 mg as needed; ibuprofen 400 mg as needed | the smooth surface of a joint wears away
          migraine | 18 | sumatriptan 50 mg as needed; propranolol 40 mg daily | strong headache comes with nausea and fear of light
          gout | 40 | allopurinol 100 mg daily; colchicine as needed | small crystals settle in a joint and make it hot
          epilepsy | 18 | levetiracetam 500 mg twice daily; lamotrigine 100 mg daily | sudden waves of activity in the brain cause seizures
          osteoporosis | 60 | alendronate 70 mg weekly; calcium and vitamin D daily | the bones become thin and break easily
          """,
          f ->
              new Condition(
                  f[0], Integer.parseInt(f[1]), Arrays.asList(f[2].split("; ")), f[3]));

  static final List<Complaint> COMPLAINTS =
      rows(
          """
          chest pain | regular heart rhythm, no murmur, lungs clear | ECG | shows no acute change | stable angina | aspirin daily and stress test | shortness of breath | a feeling of pressure behind the breast bone
          shortness of breath | crackles at both lung bases, leg swelling | chest X-ray | shows fluid in both lungs | worsening heart failure | furosemide IV and daily weights | chest pain | the sense that there is not enough air
          productive cough and fever | crackles in the right lower lung | chest X-ray | shows right lower infiltrate | pneumonia | amoxicillin for seven days and fluids | blood in sputum | a cough that brings up mucus while the body is hot
          wheezing | diffuse wheezes, speaks in full sentences | peak flow | is reduced | asthma exacerbation | albuterol nebulizer and prednisone for five days | fever | a whistling sound when the air leaves the chest
          burning urination | mild lower abdominal tenderness | urinalysis | shows white cells and nitrites | urinary tract infection | nitrofurantoin for five days | flank pain | pain on passing water
          right lower abdominal pain | tenderness and guarding at right lower abdomen | CT abdomen | shows inflamed appendix | acute appendicitis | surgical consult, nothing by mouth, IV antibiotics | diarrhea | pain low on the right side of the belly
          upper abdominal pain after meals | tenderness below the right ribs | ultrasound | shows gallstones | biliary colic | low fat diet and surgical referral | jaundice | a cramp under the ribs that follows rich food
          throbbing headache | normal neurologic exam, neck supple | head CT | is not indicated | migraine attack | sumatriptan and rest in a dark room | vision loss | a beating pain in the head
          low back pain | tender lumbar muscles, straight leg raise negative | lumbar imaging | is not indicated | muscle strain | ibuprofen, heat and physical therapy | leg weakness | an ache between the ribs and the hips
          knee pain and swelling | warm right knee with effusion | joint fluid | shows crystals | gout flare | colchicine and ice | trauma | a joint that is hot, thick and hard to bend
          dizziness on standing | dry mucous membranes, gait steady | orthostatic pressure | drops twenty points | dehydration | IV fluids and review of medicines | syncope | a light head on getting up
          palpitations | irregular pulse, no murmur | ECG | shows atrial fibrillation | rapid atrial fibrillation | metoprolol and apixaban | syncope | a heart that is felt to race or skip
          sore throat | red tonsils with white spots, tender neck nodes | rapid strep test | is positive | strep throat | penicillin for ten days | cough | a throat that hurts when one swallows
          swollen left leg | left calf warm and larger than right | leg ultrasound | shows a clot | deep vein thrombosis | apixaban for three months | shortness of breath | one leg that is thicker than the other
          itchy rash | red raised patches on both arms | skin scraping | is negative | contact dermatitis | hydrocortisone cream and avoid new soap | facial swelling | red skin that one wants to scratch
          fatigue | pale skin, heart and lungs normal | blood count | shows low hemoglobin | iron deficiency anemia | iron tablets and colonoscopy referral | weight loss | a tiredness that sleep does not lift
          poor sleep and low mood | flat affect, thought process normal | depression screen | is positive | depressive episode | sertraline and counseling | suicidal thoughts | nights without rest and days without joy
          fall at home | bruise on left hip, walks with a limp | hip X-ray | shows no fracture | hip contusion | acetaminophen, walker and home safety visit | head injury | a loss of balance that ends on the floor
          vomiting and diarrhea | soft abdomen, mild diffuse tenderness | electrolyte panel | is normal | viral gastroenteritis | ondansetron and small sips of fluids | bloody stool | an upset stomach that empties itself both ways
          numb feet | reduced sensation to light touch in both feet | hemoglobin A1c | is elevated | diabetic neuropathy | gabapentin at night and better sugar control | foot ulcer | feet that do not feel the ground well
          high blood sugar | dry mouth, abdomen soft | glucose | is three hundred | uncontrolled diabetes | insulin dose raised and diet teaching | vomiting | too much sugar in the blood
          sudden confusion | not oriented to date, no focal weakness | urine culture | is positive | delirium from infection | antibiotics and close observation | head injury | a mind that quickly loses time and place
          """,
          f -> new Complaint(f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]));

  static final List<ShortForm> SHORT_FORMS =
      rows(
          """
          BP | blood pressure
          HR | heart rate
          RR | rate of breathing
          Temp | temperature
          PMH | past medical history
          Meds | medicines
          Exam | physical examination
          yo | year old
          pt | patient
          Pt | patient
          IV | into a vein
          mg | milligram
          mcg | microgram
          ECG | electrocardiogram, a record of the heart's current
          CT | computed tomography, a picture in slices
          ED | emergency department
          PCP | primary care physician
          f/u | follow up
          NKDA | no known drug allergies
          A/P | assessment and plan
          Hx | history
          O2 | oxygen
          sat | saturation, the share of blood that carries oxygen
          bpm | beats a minute
          M | male
          F | female
          """,
          f -> new ShortForm(f[0], f[1]));

  /** Words of the notes that the tables above do not hold, each with a plain meaning. */
  static final List<ShortForm> NOTE_WORDS =
      rows(
          """
          presents with | comes because of
          denies | says that he or she does not have
          reports | tells the doctor about
          afebrile | without fever
          febrile | with fever
          alert and oriented | awake and aware of time and place
          no acute distress | not in pain or danger at the moment
          lives alone | has nobody else at home
          lives with family | has relatives at home
          former smoker | someone who has stopped smoking
          current smoker | someone who still smokes tobacco
          never smoked | has no history of tobacco
          allergic to | made ill by
          no known allergies | not made ill by any drug
          penicillin allergy | an illness that penicillin causes
          sulfa allergy | an illness that sulfa drugs cause
          likely | the most probable cause
          impression | what the doctor believes the illness to be
          assessment | what the doctor believes the illness to be
          plan | what will be done next
          discharged home | sent home from the hospital
          admitted for monitoring | kept in the hospital and watched
          return precautions given | told when to come back at once
          clinic visit | a planned meeting with the doctor
          symptoms improved | the complaint is better than before
          symptoms unchanged | the complaint is the same as before
          symptoms worse | the complaint is stronger than before
          seen today | met by the doctor on this day
          brought by daughter | taken to the hospital by her or his daughter
          brought by ambulance | taken to the hospital in an emergency car
          tolerating medicines well | without trouble from the medicines
          missed several doses | did not take the medicine on some days
          onset | the beginning of an illness
          associated with | met together with
          follow up with primary care | see the family doctor later
          in one week | after seven days
          in two weeks | after fourteen days
          as needed | only when there is a complaint
          otherwise unremarkable | normal in all other parts
          discussed with patient, who agrees | the patient has heard the plan and wants it
          continue | go on with
          start | begin with
          recheck labs | test the blood again
          call if worse | use the telephone when the complaint grows
          history of | has had in the past
          """,
          f -> new ShortForm(f[0], f[1]));

  private static <T> List<T> rows(String table, Function<String[], T> row) {
    List<T> rows = new ArrayList<>();
    for (String line : table.strip().split("\n")) {
      rows.add(row.apply(line.strip().split(" *\\| *")));
    }
    return List.copyOf(rows);
  }
}
